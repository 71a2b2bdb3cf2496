/// Why a call got no answer from the daemon. An error that the daemon itself answered is an `RPCError`.
package struct ControlClientError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// There is no socket at the path.
        case noSocket
        /// The socket is there, but nobody serves on it.
        case notListening
        /// What is at the path is no socket.
        case notASocket
        case permissionDenied
        /// Anything else that keeps a connection from being made.
        case cannotConnect
        /// The connection ended before the answer came. A call that changes something may have been carried out.
        case connectionLost
        /// `close` was called.
        case closed
        case timedOut
        case tooLarge
        /// Too many calls at once.
        case overloaded
        /// The daemon sent something that is no answer to the question.
        case badAnswer
    }

    package let code: Code
    /// What happened.
    package let message: String
    /// What to do about it, where there is something.
    package let hint: String?

    package init(_ code: Code, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    package var description: String { hint.map { "\(message): \($0)" } ?? message }
}
