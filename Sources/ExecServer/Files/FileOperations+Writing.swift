import Glibc
package import SandboxCore

extension FileOperations {
    /// Starts a file that is written piece by piece; parents are made now.
    ///
    /// Throws as `write` does, and `invalid` for a `mode` that is not 0…0o7777.
    package func beginWrite(_ path: SandboxPath, mode: UInt32? = nil) throws(SandboxError) -> AtomicFileWriter {
        guard mode.map({ $0 <= 0o7777 }) ?? true else { throw .invalid("mode must be from 0 to 07777 (octal)") }
        let target = try FileTarget.resolve(path, workDirectory: workDirectory, createsParents: true)
        return try AtomicFileWriter(target: target, mode: mode, locks: locks)
    }

    /// Exact bytes; parents are created; atomic; an existing file keeps its mode unless `mode` is given; writes through
    /// a symlink. Returns the number of bytes written.
    package func write(_ path: SandboxPath, contents: [UInt8], mode: UInt32? = nil) throws(SandboxError) -> Int {
        let writer = try beginWrite(path, mode: mode)
        try writer.append(contents)
        return try writer.commit()
    }

    /// Replaces bytes in one atomic step; other edits and writes of the same file through this server wait. Returns how
    /// many occurrences were replaced. Throws `no_match`, `many_matches`, `invalid` for an empty `old`, and `too_large`
    /// for a file over `FileLimits.maximumEditBytes` before or after.
    package func edit(
        _ path: SandboxPath, replacing old: [UInt8], with new: [UInt8], replacesAll: Bool
    ) throws(SandboxError) -> Int {
        guard !old.isEmpty else { throw .emptyOldString }
        let key = try FileTarget.resolve(path, workDirectory: workDirectory, createsParents: false).key
        return try locks.withLock(key) { () throws(SandboxError) in
            // Resolved anew: what the path names may have changed while this waited.
            let target = try FileTarget.resolve(path, workDirectory: workDirectory, createsParents: false)
            guard target.key == key else {
                throw SandboxError(.conflict, "'\(path)' was moved while it was edited: try again")
            }
            let contents = try contents(of: target)
            let (result, occurrences) = try TextEdit.replace(
                old, with: new, in: contents, replacesAll: replacesAll, path: path)
            let writer = try AtomicFileWriter(target: target, mode: nil, locks: locks)
            try writer.append(result)
            _ = try writer.commit(isLocked: true)
            return occurrences
        }
    }

    private func contents(of target: borrowing FileTarget) throws(SandboxError) -> [UInt8] {
        let path = target.path
        let limit = FileLimits.maximumEditBytes
        do {
            let before = try FileSystem.status(of: target.name, in: target.directory.raw, followsLink: false)
            try Self.requireRegular(before, path)
            let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY
            let file = try FileSystem.open(target.name, in: target.directory.raw, flags)
            let status = try FileSystem.status(of: file.raw)
            try Self.requireRegular(status, path)
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            var size = status.size
            while size <= Int64(limit) {
                let count = try Self.fill(&buffer, from: file.raw, path)
                bytes += buffer[..<count]
                if count < buffer.count { return bytes }
                // It may grow while it is read.
                size = max(size, Int64(bytes.count))
            }
            throw SandboxError.fileTooLarge(
                path, size: size, limit: limit, advice: "edit it with a command in the sandbox")
        } catch let failure as SystemFailure {
            throw failure.error(for: path)
        } catch {
            throw SandboxError(wrapping: error)
        }
    }
}
