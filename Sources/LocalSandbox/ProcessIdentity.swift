import Glibc

/// A process beyond its number, which the kernel gives to another one some day.
struct ProcessIdentity: Hashable, Sendable, Codable {
    var pid: Int32
    /// Clock ticks after boot: field 22 of `/proc/PID/stat` (proc_pid_stat(5)).
    var startTime: UInt64

    private enum CodingKeys: String, CodingKey {
        case pid
        case startTime = "start_time"
    }

    /// A zombie is dead.
    var isAlive: Bool {
        guard let status = ProcessStatus(pid: pid) else { return false }
        return status.startTime == startTime && !status.isDead
    }
}

/// The part of `/proc/PID/stat` that matters here.
struct ProcessStatus: Hashable, Sendable {
    let pid: Int32
    let parent: Int32
    let startTime: UInt64
    let isDead: Bool

    /// Nil where there is no such process.
    init?(pid: Int32) {
        guard let text = ProcFile.read("/proc/\(pid)/stat") else { return nil }
        self.init(pid: pid, stat: text)
    }

    /// The second field is the program's name in parentheses and may hold anything, parentheses included.
    init?(pid: Int32, stat text: [UInt8]) {
        guard let end = text.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = text[text.index(after: end)...].split(separator: UInt8(ascii: " "))
            .map { String(decoding: $0, as: UTF8.self) }
        // Field 3, the state, is the first here.
        guard fields.count >= 20, let parent = Int32(fields[1]), let startTime = UInt64(fields[19]) else { return nil }
        self.pid = pid
        self.parent = parent
        self.startTime = startTime
        isDead = ["Z", "X", "x"].contains(fields[0])
    }

    var identity: ProcessIdentity { ProcessIdentity(pid: pid, startTime: startTime) }
}

/// Files of `/proc`, read whole.
enum ProcFile {
    private static let maximumBytes = 1 << 21

    /// Nil where the file is not there or not for this user.
    static func read(_ path: String) -> [UInt8]? {
        guard let file = try? Descriptor(opening: path, O_RDONLY) else { return nil }
        return try? file.read(limit: maximumBytes)
    }

    /// The identity of this boot.
    static var bootID: String {
        let bytes = read("/proc/sys/kernel/random/boot_id") ?? []
        return String(decoding: bytes.filter { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }
}
