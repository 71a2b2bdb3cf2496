import CPodkeeper
import Dispatch
import Glibc

/// Waits until nobody reads any more what is written to a descriptor.
final class HangupWatch: Sendable {
    private let descriptor: Int32
    // It may take for ever: a thread of its own, none of those that tasks share.
    private let queue = DispatchQueue(label: "podkeeper.hangup")

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// Returns then, or when the task is cancelled. For a file and the like that is never.
    func wait() async {
        let wakeup = pk_eventfd()
        guard wakeup >= 0 else { return await Self.untilCancelled() }
        defer { close(wakeup) }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                queue.async {
                    self.poll(wakeup)
                    continuation.resume()
                }
            }
        } onCancel: {
            _ = pk_eventfd_signal(wakeup)
        }
    }

    private func poll(_ wakeup: Int32) {
        // poll(2) reports an end without being asked. A pipe without a reader has POLLERR, a terminal that is gone and
        // a socket whose peer is gone POLLHUP.
        var polls = [
            pollfd(fd: descriptor, events: 0, revents: 0), pollfd(fd: wakeup, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            guard Glibc.poll(&polls, 2, -1) >= 0 || errno == EINTR else { return }
            if polls[1].revents != 0 || polls[0].revents & Int16(POLLERR | POLLHUP) != 0 { return }
            // POLLNVAL: there is no such descriptor. Whoever writes to it will be told.
            if polls[0].revents != 0 { polls[0].fd = -1 }
        }
    }

    private static func untilCancelled() async {
        while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
    }
}
