import FoundationEssentials
import Glibc
import SandboxCore

/// A sandbox's `record.json`.
enum RecordFile {
    enum Reading: Sendable {
        case missing
        case unreadable(String)
        case record(SandboxRecord)
    }

    private static let maximumBytes = 1 << 16

    static func read(_ path: String) -> Reading {
        do {
            let file = try Descriptor(opening: path, O_RDONLY)
            let bytes = try file.read(limit: maximumBytes)
            return .record(try JSONDecoder().decode(SandboxRecord.self, from: Data(bytes)))
        } catch {
            var status = stat()
            if lstat(path, &status) != 0, errno == ENOENT { return .missing }
            return .unreadable("'\(path)': \(error)")
        }
    }

    /// Atomic, and whole after a power failure: written beside, synced, renamed.
    static func write(_ record: SandboxRecord, to path: String) throws(SandboxError) {
        let new = path + ".new"
        let bytes: [UInt8]
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
            bytes = Array(try encoder.encode(record))
        } catch {
            throw SandboxError(.internal, "the record of sandbox \(record.name) cannot be written as JSON: \(error)")
        }
        let file = try Descriptor(opening: new, O_WRONLY | O_CREAT | O_TRUNC)
        try file.write(bytes)
        guard fsync(file.raw) == 0, rename(new, path) == 0 else {
            throw SandboxError(.internal, "cannot write '\(path)': \(SystemError.current)")
        }
    }
}
