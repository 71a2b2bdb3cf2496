/// The waits of a WebSocket. Tests make them short.
struct ExecTiming: Sendable {
    /// Connecting, TLS and a proxy's tunnel together.
    var connect = Duration.seconds(20)
    /// From the request to the end of the answer's head: the API server asks the node first (up to 1.29).
    var answer = Duration.seconds(30)
    /// For the body of a refusal.
    var refusalBody = Duration.seconds(10)
    /// Below the shortest idle limit of usual load balancers, 60 s.
    var pingInterval = Duration.seconds(25)
    /// Without a byte, not even a pong, for so long the connection is dead. Twice the usual idle limit.
    var silence = Duration.seconds(120)
    /// How long output may still come after the status with v4, where the runtime decides on the order.
    var drain = Duration.seconds(2)
    /// For handing our close frame to the kernel.
    var goodbye = Duration.milliseconds(500)
}
