import Glibc
package import SandboxCore

extension FileOperations {
    /// See `Sandbox.stat`.
    package func stat(_ path: SandboxPath, followsLink: Bool) throws(SandboxError) -> FileInfo {
        do {
            let base = try openBase(for: path)
            let status = try FileSystem.status(of: path.bytes, in: base.raw, followsLink: followsLink)
            let target = status.isSymlink ? try FileSystem.link(path.bytes, in: base.raw) : nil
            return status.info(linkTarget: target)
        } catch {
            throw error.error(for: path)
        }
    }

    /// See `Sandbox.makeDirectory`.
    package func makeDirectory(_ path: SandboxPath, mode: UInt32?, withParents: Bool) throws(SandboxError) {
        try Self.check(mode)
        // What has no name is there already.
        if withParents, try isDirectory(path) { return }
        let entry = try NamedEntry.resolve(path, in: self, createsParents: withParents)
        do {
            // Not open to more than it should be, not even for a moment; the umask counts only without a mode.
            try FileSystem.makeDirectory(entry.name, in: entry.directory.raw, mode: mode.map { mode_t($0) } ?? 0o777)
            if let mode { try FileSystem.changeMode(entry.name, in: entry.directory.raw, to: mode) }
        } catch {
            // Somebody else made it meanwhile.
            if withParents, error.code == EEXIST, try isDirectory(path) { return }
            throw error.error(for: path)
        }
    }

    /// See `Sandbox.changeMode`.
    package func changeMode(_ path: SandboxPath, to mode: UInt32) throws(SandboxError) {
        try Self.check(mode)
        do {
            let base = try openBase(for: path)
            try FileSystem.changeMode(path.bytes, in: base.raw, to: mode)
        } catch {
            throw error.error(for: path)
        }
    }

    /// See `Sandbox.realPath`.
    package func realPath(_ path: SandboxPath) throws(SandboxError) -> [UInt8] {
        let whole = path.isAbsolute ? path.bytes : Array(workDirectory.utf8) + [UInt8(ascii: "/")] + path.bytes
        do {
            return try FileSystem.realPath(whole)
        } catch {
            throw error.error(for: path)
        }
    }

    static func check(_ mode: UInt32?) throws(SandboxError) {
        guard mode.map({ $0 <= 0o7777 }) ?? true else { throw .invalid("mode must be from 0 to 07777 (octal)") }
    }

    private func isDirectory(_ path: SandboxPath) throws(SandboxError) -> Bool {
        do {
            let base = try openBase(for: path)
            return try FileSystem.status(of: path.bytes, in: base.raw, followsLink: true).isDirectory
        } catch {
            guard error.code == ENOENT || error.code == ENOTDIR else { throw error.error(for: path) }
            return false
        }
    }
}
