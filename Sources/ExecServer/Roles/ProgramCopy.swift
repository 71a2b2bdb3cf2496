import Glibc
import ProcessSupervisor

/// Copies the running program's file.
enum ProgramCopy {
    /// Replaces `path` in one step: whoever runs it at that moment sees the old program or the new one, whole.
    static func install(at path: String) throws(ServerStartError) {
        let source = OwnedDescriptor(open("/proc/self/exe", O_RDONLY | O_CLOEXEC))
        guard source.rawValue >= 0 else { throw failure("/proc/self/exe", errno) }
        try makeParents(of: path)
        let temporary = "\(path).\(getpid()).tmp"
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let target = OwnedDescriptor(open(temporary, flags, 0o755))
        guard target.rawValue >= 0 else { throw failure(temporary, errno) }
        do throws(ServerStartError) {
            try copy(source, target, path)
            // Against the umask.
            guard fchmod(target.rawValue, 0o755) == 0 else { throw failure(path, errno) }
            // A descriptor open for writing would make execve(2) answer ETXTBSY.
            target.close()
            guard rename(temporary, path) == 0 else { throw failure(path, errno) }
        } catch {
            unlink(temporary)
            throw error
        }
    }

    private static func copy(
        _ source: OwnedDescriptor, _ target: OwnedDescriptor, _ path: String
    ) throws(ServerStartError) {
        var status = stat()
        guard fstat(source.rawValue, &status) == 0 else { throw failure("/proc/self/exe", errno) }
        var left = Int(status.st_size)
        while left > 0 {
            let sent = sendfile(target.rawValue, source.rawValue, nil, left)
            if sent < 0, errno == EINTR { continue }
            guard sent > 0 else { throw failure(path, sent == 0 ? EIO : errno) }
            left -= sent
        }
    }

    private static func makeParents(of path: String) throws(ServerStartError) {
        var parent = ""
        for component in path.split(separator: "/").dropLast() {
            parent += parent.isEmpty && !path.hasPrefix("/") ? String(component) : "/\(component)"
            guard mkdir(parent, 0o755) == 0 || errno == EEXIST else { throw failure(parent, errno) }
        }
    }

    private static func failure(_ path: String, _ errno: Int32) -> ServerStartError {
        ServerStartError("cannot install '\(path)': \(ProcessError.text(errno))")
    }
}
