/// Every bound of the control client, each with what happens beyond it.
package struct ControlClientLimits: Hashable, Sendable {
    /// Bytes of one line in either direction, the daemon's `limits.max_message_bytes`. A longer request is refused
    /// before it is sent; a longer line from the daemon ends the connection.
    package var maximumMessageBytes = 16 * 1024 * 1024

    /// Calls that wait for their answers. One more fails at once.
    package var maximumCalls = 1024

    /// Bytes of requests that the socket has not taken yet. A call that comes on top fails at once.
    package var maximumOutboundBytes = 64 * 1024 * 1024

    /// Bytes of notifications that nobody has taken yet. Beyond it the client stops reading, answers to calls included,
    /// until they are taken: the daemon then slows down whatever produces them.
    package var maximumNotificationBytes = 4 * 1024 * 1024

    /// How long `connect` tries while the daemon's backlog is full.
    package var connectTimeout: Duration = .seconds(5)

    package init() {}
}
