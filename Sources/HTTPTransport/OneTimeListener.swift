import CPodkeeper
import Glibc

/// A Unix socket that waits for one connection of this process, in a directory of its own that nobody else may enter.
/// Both are gone with it.
///
/// It has a file because libcurl takes up a kept connection only if its address has a name (url.c, ConnectionExists, in
/// 7.88.1), which rules out sockets without one.
final class OneTimeListener: Sendable {
    let path: String
    private let directory: String
    private let descriptor: Int32

    /// - Throws: `system` that names the directory which was to hold it.
    init() throws(HTTPError) {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/podkeeper-XXXXXX".utf8CString)
        // Mode 0700.
        let made = template.withUnsafeMutableBufferPointer { name in
            name.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        guard let made else { throw Self.error(parent, errno) }
        directory = made
        path = directory + "/s"
        descriptor = pk_socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), true)
        var outcome = min(descriptor, 0)
        if outcome == 0 { outcome = pk_unix_bind(descriptor, path) }
        if outcome == 0, listen(descriptor, 1) < 0 { outcome = -errno }
        guard outcome == 0 else { throw Self.error(parent, -outcome) }
    }

    deinit {
        if descriptor >= 0 { Glibc.close(descriptor) }
        unlink(path)
        rmdir(directory)
    }

    /// The descriptor of a connection that has been made, non-blocking, which becomes the caller's; nil when none has.
    func accept() -> Int32? {
        let accepted = pk_accept(descriptor, true)
        return accepted < 0 ? nil : accepted
    }

    private static func error(_ directory: String, _ errno: Int32) -> HTTPError {
        HTTPError(
            .system,
            "no socket for a tunnel can be made in \(directory): \(String(cString: strerror(errno))); set TMPDIR to a "
                + "directory with a short path that the daemon may write to")
    }
}
