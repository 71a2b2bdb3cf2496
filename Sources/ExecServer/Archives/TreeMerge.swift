import Glibc
import SandboxCore

/// Moves what is in one directory into another of the same file system: what is not there in one step, whole; a file
/// over a file in one step. Directories that both have keep the attributes they have.
struct TreeMerge {
    /// For messages: the other directory's path.
    let path: SandboxPath
    let locks: PathLocks
    private var sources: TreeCursor
    private var targets: TreeCursor
    /// Something was moved already.
    private(set) var hasBegun = false

    init(_ source: OpenDirectory, into target: OpenDirectory, path: SandboxPath, locks: PathLocks) {
        self.path = path
        self.locks = locks
        sources = TreeCursor(source)
        targets = TreeCursor(target)
    }

    /// Throws what `perform` would, as far as that can be known, and moves nothing.
    mutating func check() throws { try forEach { _, _, _, _ throws(SystemFailure) in } }

    mutating func perform() throws {
        let locks = locks
        try forEach { name, source, target, status throws(SystemFailure) in
            // Whoever edits the file it replaces has it to himself until he is done.
            let key = PathLocks.Key(device: status.device, directory: status.inode, name: name)
            try locks.withLock(key) { () throws(SystemFailure) in
                try FileSystem.rename(name, in: source.raw, to: name, in: target.raw)
            }
        } moved: {
            $0.hasBegun = true
        }
    }

    /// Whether there is a directory of these names in the target.
    mutating func isThere(_ names: [[UInt8]]) -> Bool { (try? targets.open(names[...])) != nil }

    private mutating func forEach(
        _ move: ([UInt8], OpenDirectory, OpenDirectory, FileStatus) throws(SystemFailure) -> Void,
        moved: (inout Self) -> Void = { _ in }
    ) throws {
        var shared: [[[UInt8]]] = [[]]
        while let names = shared.popLast() {
            let source = try sources.open(names[...])
            let target = try targets.open(names[...])
            let (entries, isComplete) = try source.names()
            guard isComplete else {
                throw SandboxError.file(.tooLarge, "'\(path)': a directory of the archive has too many names")
            }
            let own = try FileSystem.status(of: target.raw)
            for entry in entries {
                let isDirectory = try FileSystem.status(of: entry.bytes, in: source.raw, followsLink: false).isDirectory
                let present = try Self.status(of: entry.bytes, in: target)
                if let present, isDirectory || present.isDirectory {
                    guard isDirectory, present.isDirectory else { throw clash(names + [entry.bytes], present) }
                    shared.append(names + [entry.bytes])
                    continue
                }
                try move(entry.bytes, source, target, own)
                moved(&self)
            }
        }
    }

    private static func status(of name: [UInt8], in directory: OpenDirectory) throws(SystemFailure) -> FileStatus? {
        do {
            return try FileSystem.status(of: name, in: directory.raw, followsLink: false)
        } catch {
            guard error.code == ENOENT else { throw error }
            return nil
        }
    }

    private func clash(_ names: [[UInt8]], _ present: FileStatus) -> SandboxError {
        let name = String(decoding: Array(names.joined(separator: [UInt8(ascii: "/")])), as: UTF8.self)
        return .file(
            .exists,
            present.isDirectory
                ? "'\(path)': '\(name)' is a directory there, and none in the archive"
                : "'\(path)': '\(name)' is no directory there, and one in the archive")
    }
}
