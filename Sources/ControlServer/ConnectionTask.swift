package import JSONRPC

/// Work that outlives the call that began it, and lives at most as long as the connection: an upload between its calls,
/// a subscription.
package struct ConnectionTask: Sendable {
    let number: UInt64
    let connection: Connection
    let handle: CallHandle
    let body: @Sendable () async -> Void

    package func cancel() { handle.cancel() }

    /// Returns when the work has ended.
    func perform() async {
        await handle.run(body)
        connection.finished(self)
    }
}

extension ControlCall {
    /// Runs `body` until it returns; the connection's end cancels it, and so does the daemon's stop once the running
    /// calls are answered.
    ///
    /// Throws `overloaded` when there are too many, `cancelled` when the connection is closed.
    @discardableResult
    package func startTask(_ body: @escaping @Sendable () async -> Void) throws(RPCError) -> ConnectionTask {
        try connection.startTask(body)
    }
}
