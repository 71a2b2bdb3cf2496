/// What an exec server needs to know to start.
package struct ServerConfiguration: Sendable {
    package enum Listener: Hashable, Sendable {
        /// An address to bind, or nil for all of IPv6 and IPv4. Port 0 is any free one.
        case tcp(host: String?, port: Int)
        /// A Unix socket of mode 0600.
        case unix(path: String)
    }

    package var listener: Listener
    /// Absolute.
    package var workDirectory: String
    package var token: TokenDigest
    /// What commands inherit, `NAME=value` each; without our secrets.
    package var environment: [[UInt8]]

    package init(listener: Listener, workDirectory: String, token: TokenDigest, environment: [[UInt8]]) {
        self.listener = listener
        self.workDirectory = workDirectory
        self.token = token
        self.environment = environment
    }
}
