import JSONRPC
import Synchronization

/// A call that was read from a connection and waits for a task.
struct PendingCall: Sendable {
    let number: UInt64
    let request: RPCRequest
    let connection: Connection
    let handle: CallHandle
    /// Set when the call came in a batch and has an id.
    let batch: BatchResponder?

    /// Bytes that the call keeps in memory.
    var heldBytes: Int { request.params?.count ?? 0 }

    /// Runs the handler, then hands the response to the connection. Returns when both are done.
    func perform(_ router: RPCRouter<ControlCall>) async {
        let context = ControlCall(peer: connection.peer, requestID: request.id, connection: connection)
        let outcome = await handle.run { await router.call(request, context: context) }
        // Before the response: once the client has that, it may use the id again.
        connection.forget(number, id: request.id)
        if let id = request.id {
            await connection.deliver(response(id, outcome))
        }
        context.noteAnswer()
        connection.finished(self)
    }

    private func response(_ id: JSONRPCID, _ outcome: Result<[UInt8], RPCError>) -> [UInt8]? {
        let line = connection.bounded(RPCWriter.response(id: id, outcome), id: id)
        guard let batch else { return line }
        return batch.add(line, id: id)
    }
}

/// The batch that several calls answer together.
final class BatchResponder: Sendable {
    private let batch: Mutex<RPCBatch>

    init(expected: Int, maximumBytes: Int) {
        batch = Mutex(RPCBatch(expected: expected, maximumBytes: maximumBytes))
    }

    /// The batch's line, when this was the last response.
    func add(_ line: [UInt8], id: JSONRPCID) -> [UInt8]? {
        batch.withLock { $0.add(line, id: id) }
    }
}
