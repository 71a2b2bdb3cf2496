import Glibc
import ProcessSupervisor

/// The latest bytes of one output stream: the newest in memory, those before them in a file without a name, used as a
/// ring. Where the file cannot be had or is full, only memory is left.
struct SpoolStream {
    private let memoryLimit: Int
    private let fileLimit: Int
    private let directories: [String]
    private var file: OwnedDescriptor?
    private var isFileUsable = true
    private var memory: [UInt8] = []

    /// The first byte that is kept, and the one behind the last, as bytes of the stream.
    private(set) var start = 0
    private(set) var end = 0

    /// `fileLimit` is at least `memoryLimit`. The file is made in the first of `directories` that takes one.
    init(memoryLimit: Int, fileLimit: Int, directories: [String]) {
        self.memoryLimit = memoryLimit
        self.fileLimit = fileLimit
        self.directories = directories
    }

    private var memoryStart: Int { end - memory.count }

    /// What `start` becomes when `count` bytes are added.
    func start(afterAppending count: Int) -> Int {
        if isFileUsable { return max(start, end + count - fileLimit) }
        return memory.count + count > memoryLimit ? max(start, end + count - memoryLimit) : start
    }

    mutating func append(_ bytes: [UInt8]) {
        let newStart = start(afterAppending: bytes.count)
        memory += bytes
        end += bytes.count
        start = newStart
        if start > memoryStart { memory.removeFirst(start - memoryStart) }
        if memory.count > memoryLimit, isFileUsable { flush() }
    }

    /// At most `count` bytes from `offset`, which must be kept; none at the end. Nil where the file cannot be read.
    func read(from offset: Int, atMost count: Int) -> [UInt8]? {
        guard offset < memoryStart else {
            return Array(memory.dropFirst(offset - memoryStart).prefix(count))
        }
        guard let raw = file?.rawValue else { return nil }
        let place = offset % fileLimit
        let wanted = min(count, memoryStart - offset, fileLimit - place)
        var bytes = [UInt8](repeating: 0, count: wanted)
        let got = bytes.withUnsafeMutableBytes { buffer in
            (try? SystemCall.retrying { pread(raw, buffer.baseAddress, buffer.count, off_t(place)) }) ?? 0
        }
        return got > 0 ? Array(bytes.prefix(got)) : nil
    }

    private mutating func flush() {
        if file == nil { file = Self.makeFile(directories) }
        guard let raw = file?.rawValue else {
            isFileUsable = false
            return
        }
        var written = 0
        while written < memory.count {
            let place = (memoryStart + written) % fileLimit
            let piece = memory[written..<min(memory.count, written + fileLimit - place)]
            let count = piece.withUnsafeBytes { bytes in
                (try? SystemCall.retrying { pwrite(raw, bytes.baseAddress, bytes.count, off_t(place)) }) ?? 0
            }
            guard count > 0 else {
                // The disk is full: what is in the file stays, the rest is kept in memory.
                isFileUsable = false
                memory.removeFirst(written)
                return
            }
            written += count
        }
        memory = []
    }

    /// A file that has no name, so that it goes with its last descriptor and nobody else opens it.
    private static func makeFile(_ directories: [String]) -> OwnedDescriptor? {
        for directory in directories {
            let name = Array("\(directory)/.podkeeper-output-\(UInt64.random(in: .min ... .max))".utf8)
            let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW
            guard let file = try? FileSystem.open(name, in: AT_FDCWD, flags, mode: 0o600) else { continue }
            try? FileSystem.remove(name, in: AT_FDCWD)
            let raw = file.raw
            file.release()
            return OwnedDescriptor(raw)
        }
        return nil
    }
}
