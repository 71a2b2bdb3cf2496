/// Every bound of the control server, each with what happens beyond it.
package struct ControlServerLimits: Hashable, Sendable {
    /// Bytes of one line in either direction. A longer request line is answered with `too_large` (id null) and skipped
    /// to its end, the connection stays; a longer response is replaced by `too_large`.
    package var maximumMessageBytes = 16 * 1024 * 1024

    /// Open connections. One more is told `overloaded` and closed at once.
    package var maximumConnections = 10_240

    /// Open connections of one uid, so that no user of the host can take all of them. Beyond it as above.
    package var maximumConnectionsPerUser = 10_240

    /// Calls of one connection that have not been answered yet. One more is answered `overloaded`; the server goes on
    /// reading, so that `$/cancelRequest` and the peer's disconnect are still noticed.
    package var maximumCallsPerConnection = 1024

    /// Calls of all connections together; beyond it as above.
    package var maximumCalls = 8192

    /// Tasks of one connection that go on between its calls, such as open uploads. What would begin one more is
    /// answered `overloaded`.
    package var maximumTasksPerConnection = 256

    /// Such tasks of all connections together; beyond it as above.
    package var maximumTasks = 8192

    /// Members of one batch; more is -32600.
    package var maximumBatch = 128

    /// Bytes that clients have sent and the server still holds: lines without their end, and params of running calls,
    /// of all connections together. Beyond it a line is answered `overloaded` and skipped.
    package var maximumInboundBytes = 256 * 1024 * 1024

    /// Bytes queued for one connection at which reading from it pauses and whoever wants to send to it waits. What is
    /// queued at most is this and one message more.
    package var outboundHighWater = 1024 * 1024

    /// Bytes queued for one connection at which a paused reading goes on.
    package var outboundLowWater = 256 * 1024

    /// How long a stop waits for running calls; those that are left are cancelled then.
    package var shutdownGrace: Duration = .seconds(10)

    /// How long a stop waits, after that, for the cancelled calls to be answered.
    package var cancellationGrace: Duration = .seconds(2)

    package init() {}
}
