import Glibc
package import SandboxCore

/// A regular file open for reading, and what it was when it was opened.
struct OpenFile: ~Copyable {
    let descriptor: Descriptor
    let status: FileStatus

    consuming func giveDescriptor() -> Descriptor { descriptor }
}

/// The file operations of the exec server: blocking, byte-exact, as `SandboxCore.Sandbox` describes them.
///
/// Explicit paths follow symlinks, as any program in the sandbox would. Walks never do: they open each directory
/// relative to its parent with `O_NOFOLLOW`, so that a directory swapped for a link leads nowhere. Copies share the
/// locks of writers, so a server makes one and hands it around.
package struct FileOperations: Sendable {
    /// The directory that relative paths resolve against; absolute.
    package let workDirectory: String
    let locks = PathLocks()

    package init(workDirectory: String) {
        self.workDirectory = workDirectory
    }

    /// True for a regular file or a symlink to one; false for everything that cannot be seen.
    package func exists(_ path: SandboxPath) throws(SandboxError) -> Bool {
        do {
            let base = try openBase(for: path)
            return try FileSystem.status(of: path.bytes, in: base.raw, followsLink: true).isRegular
        } catch {
            let absent = [ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, EACCES]
            guard absent.contains(error.code) else { throw error.error(for: path) }
            return false
        }
    }

    /// What the `…at` calls take with `path`: the working directory for a relative one.
    func openBase(for path: SandboxPath) throws(SystemFailure) -> Descriptor {
        try FileSystem.openForLookup(Array((path.isAbsolute ? "/" : workDirectory).utf8), in: AT_FDCWD)
    }

    /// Opens a regular file to read, and nothing else: a FIFO would block, a device may act when opened.
    func openRegular(_ path: SandboxPath) throws(SandboxError) -> OpenFile {
        do {
            let base = try openBase(for: path)
            try Self.requireRegular(
                try FileSystem.status(of: path.bytes, in: base.raw, followsLink: true), path)
            let flags = O_RDONLY | O_NONBLOCK | O_NOCTTY
            let file = try FileSystem.open(path.bytes, in: base.raw, flags)
            // Again, for what it is now: it may have been replaced in between.
            let status = try FileSystem.status(of: file.raw)
            try Self.requireRegular(status, path)
            return OpenFile(descriptor: file, status: status)
        } catch let failure as SystemFailure {
            throw failure.error(for: path)
        } catch {
            throw SandboxError(wrapping: error)
        }
    }

    static func requireRegular(_ status: FileStatus, _ path: SandboxPath) throws(SandboxError) {
        if status.isDirectory { throw .isDirectory(path) }
        guard status.isRegular else { throw .notRegularFile(path) }
    }
}
