import JSONRPC
import Synchronization

extension Wire {
    func keepNotifications() { state.withLock { $0.inbox.isWanted = true } }

    func nextNotification() async -> RPCNotification? {
        let number = state.withLock { state in
            defer { state.nextID += 1 }
            return UInt64(state.nextID)
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // Wakes the thread, which reads again if the inbox was full.
                let turn = update { state in
                    state.inbox.next(number, continuation, mayWait: !Task.isCancelled)
                }
                if case .take(let notification) = turn { continuation.resume(returning: notification) }
            }
        } onCancel: {
            state.withLock { $0.inbox.cancel(number) }?.resume(returning: nil)
        }
    }
}
