/// Why the control server cannot listen.
package struct ControlServerError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// The socket's path does not fit into `sun_path` (unix(7)).
        case pathTooLong
        /// Somebody serves on this socket already.
        case alreadyRunning
        /// Something that is no socket is in the way.
        case notASocket
        case unknownGroup
        /// A system call failed; `errno` as the system has it.
        case system(errno: Int32)
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }

    /// `result` is a negative errno, as CPodkeeper returns it.
    static func system(_ result: Int32, _ doing: String) -> Self {
        Self(.system(errno: -result), "\(doing): \(Errno.text(-result))")
    }
}
