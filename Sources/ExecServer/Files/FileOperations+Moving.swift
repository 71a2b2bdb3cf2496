import Glibc
package import SandboxCore

extension FileOperations {
    /// See `Sandbox.remove`.
    package func remove(
        _ path: SandboxPath, recursively: Bool, watch: OperationWatch = .unbounded
    ) throws(SandboxError) {
        let entry = try NamedEntry.resolve(path, in: self)
        do {
            let status = try FileSystem.status(of: entry.name, in: entry.directory.raw, followsLink: false)
            // A slash at the end says that a directory is meant, and is no way to a link's target.
            guard status.isDirectory || path.bytes.last != UInt8(ascii: "/") else {
                throw SandboxError.notDirectory(path)
            }
            if status.isDirectory, recursively {
                let directory = OpenDirectory(
                    try FileSystem.open(entry.name, in: entry.directory.raw, O_RDONLY | O_DIRECTORY | O_NOFOLLOW))
                try TreeRemoval.empty(directory, watch)
            }
            try FileSystem.remove(entry.name, in: entry.directory.raw, isDirectory: status.isDirectory)
        } catch let failure as SystemFailure {
            throw failure.error(for: path)
        } catch {
            throw SandboxError(wrapping: error)
        }
    }

    /// See `Sandbox.move`.
    package func move(
        _ path: SandboxPath, to target: SandboxPath, replaces: Bool, watch: OperationWatch = .unbounded
    ) throws(SandboxError) {
        let source = try NamedEntry.resolve(path, in: self)
        let place = try NamedEntry.resolve(target, in: self, createsParents: true)
        let status: FileStatus
        do {
            // What is missing is the source's fault, whatever else may be said of the target.
            status = try FileSystem.status(of: source.name, in: source.directory.raw, followsLink: false)
        } catch {
            throw error.error(for: path)
        }
        do {
            if try Self.rename(source, to: place, replaces: replaces) { return }
            guard status.isRegular else {
                throw SandboxError.file(
                    .invalid,
                    "'\(path)' and '\(target)' are on different file systems, between which only regular files are "
                        + "moved: copy it with a command")
            }
            try copy(source, status, to: place, replaces: replaces, watch)
            try FileSystem.remove(source.name, in: source.directory.raw)
        } catch let failure as SystemFailure {
            switch failure.code {
            // A directory that has something in it, or one that is to become a file or the other way round.
            case EEXIST, ENOTEMPTY, ENOTDIR: throw .fileExists(target)
            case EISDIR, ENOSPC, EDQUOT: throw failure.error(for: target)
            default: throw failure.error(for: path)
            }
        } catch {
            throw SandboxError(wrapping: error)
        }
    }

    /// False where the two are on different file systems.
    private static func rename(
        _ source: borrowing NamedEntry, to place: borrowing NamedEntry, replaces: Bool
    ) throws(SystemFailure) -> Bool {
        let (from, to) = (source.directory.raw, place.directory.raw)
        do {
            if replaces {
                try FileSystem.rename(source.name, in: from, to: place.name, in: to)
            } else {
                try FileSystem.renameToNew(source.name, in: from, to: place.name, in: to)
            }
            return true
        } catch {
            guard error.code == EXDEV else { throw error }
            return false
        }
    }

    private func copy(
        _ source: borrowing NamedEntry, _ status: FileStatus, to place: borrowing NamedEntry, replaces: Bool,
        _ watch: OperationWatch
    ) throws {
        let isTaken = (try? FileSystem.status(of: place.name, in: place.directory.raw, followsLink: false)) != nil
        guard replaces || !isTaken else { throw SystemFailure(code: EEXIST) }
        let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY
        let file = try FileSystem.open(source.name, in: source.directory.raw, flags)
        try Self.requireRegular(try FileSystem.status(of: file.raw), source.path)
        let writer = try beginWrite(place.path, mode: status.mode)
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            try watch.check()
            let count = try Self.fill(&buffer, from: file.raw, source.path)
            try writer.append(Array(buffer[..<count]))
            if count < buffer.count { break }
        }
        _ = try writer.commit()
    }
}
