/// Where the control server listens, for whom, and within which limits.
package struct ControlServerConfiguration: Hashable, Sendable {
    /// The socket's path, absolute or relative to the working directory.
    package var socketPath: String
    /// Permission bits of the socket file; who may write to it may connect (unix(7)).
    package var socketMode: UInt32
    /// The socket file's group, by name or number; nil leaves the daemon's own.
    package var socketGroup: String?
    /// A listening socket that this process was started with (socket activation, sd_listen_fds(3)): then nothing is made
    /// at the path, and a stop lets it go on listening for the next daemon. Nil: a socket of its own.
    package var inheritedListener: Int32?
    package var limits: ControlServerLimits

    package init(
        socketPath: String, socketMode: UInt32 = 0o660, socketGroup: String? = nil,
        inheritedListener: Int32? = nil, limits: ControlServerLimits = ControlServerLimits()
    ) {
        self.socketPath = socketPath
        self.socketMode = socketMode
        self.socketGroup = socketGroup
        self.inheritedListener = inheritedListener
        self.limits = limits
    }
}
