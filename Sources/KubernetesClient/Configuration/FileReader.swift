import Glibc

/// Reads a small file whole. Injected where configuration is loaded, so that the rules need no files.
typealias FileReader = @Sendable (_ path: String) throws(KubernetesError) -> [UInt8]

enum Files {
    /// More than any certificate bundle, token or kubeconfig.
    static let maximumBytes = 8 << 20

    /// - Throws: `configuration` with the kernel's words: not there, not readable, not a regular file, too large.
    static func read(_ path: String) throws(KubernetesError) -> [UInt8] {
        // O_NONBLOCK: a FIFO in place of the file must not block the daemon; it is refused below.
        let descriptor = retrying { open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
        guard descriptor >= 0 else { throw .configuration(describe(errno)) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .configuration(describe(errno)) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .configuration("not a regular file") }
        var result: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = retrying { Int32(Glibc.read(descriptor, &buffer, buffer.count)) }
            guard count >= 0 else { throw .configuration(describe(errno)) }
            guard count > 0 else { return result }
            result.append(contentsOf: buffer[..<Int(count)])
            guard result.count <= maximumBytes else { throw .configuration("larger than \(maximumBytes) bytes") }
        }
    }

    static func isRegular(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// Tells one state of a file from another, without reading it. Nil where there is no such file.
    struct Stamp: Hashable, Sendable {
        var inode: UInt64
        var size: Int
        var seconds: Int
        var nanoseconds: Int
    }

    static func stamp(_ path: String) -> Stamp? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Stamp(
            inode: UInt64(status.st_ino), size: Int(status.st_size), seconds: status.st_mtim.tv_sec,
            nanoseconds: status.st_mtim.tv_nsec)
    }

    /// Absolute; the root where it has been removed.
    static var workingDirectory: String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    private static func retrying(_ call: () -> Int32) -> Int32 {
        while true {
            let result = call()
            if result >= 0 || errno != EINTR { return result }
        }
    }

    private static func describe(_ code: Int32) -> String {
        // Thread-safe since glibc 2.32 (strerror(3)).
        strerror(code).map { String(cString: $0) } ?? "error \(code)"
    }
}
