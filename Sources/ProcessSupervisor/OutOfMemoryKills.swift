import Glibc

/// How many processes the kernel's OOM killer has ended in this control group, as far as the kernel tells
/// (cgroup-v2 `memory.events`, cgroup-v1 `memory.oom_control`, both with a line `oom_kill N`).
enum OutOfMemoryKills {
    private static let files = ["/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"]

    /// Nil where no such file can be read.
    static func count() -> Int? {
        for file in files {
            let descriptor = OwnedDescriptor(open(file, O_RDONLY | O_CLOEXEC))
            guard descriptor.rawValue >= 0, case .bytes(let bytes) = descriptor.read(atMost: 4096) else { continue }
            for line in bytes.split(separator: UInt8(ascii: "\n")) {
                let words = line.split(separator: UInt8(ascii: " "))
                guard words.count == 2, words[0].elementsEqual("oom_kill".utf8) else { continue }
                return Int(String(decoding: words[1], as: UTF8.self))
            }
        }
        return nil
    }
}
