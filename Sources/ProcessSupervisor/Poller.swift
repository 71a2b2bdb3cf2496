import CPodkeeper
import Glibc
import Synchronization

/// One thread that waits for descriptors (epoll(7)) on behalf of tasks.
///
/// Each descriptor is watched one-shot: a task asks, is resumed once, and asks again.
package final class Poller: Sendable {
    private struct State {
        var watches: [UInt64: PollWatch] = [:]
        var nextID: UInt64 = 1
        var thread: pthread_t?
    }

    /// The watch that ends the thread.
    private static let stopID: UInt64 = 0

    private let epoll: OwnedDescriptor
    private let stopSignal: OwnedDescriptor
    private let state = Mutex(State())

    /// Throws `ProcessError` of kind `resources` where the kernel has no descriptor or thread left.
    package init() throws(ProcessError) {
        epoll = OwnedDescriptor(try ProcessError.check(pk_epoll_create(), "epoll_create1"))
        stopSignal = OwnedDescriptor(try ProcessError.check(pk_eventfd(), "eventfd"))
        let added = pk_epoll_ctl(epoll.rawValue, PK_EPOLL_CTL_ADD, stopSignal.rawValue, PK_EPOLLIN, Self.stopID)
        _ = try ProcessError.check(added, "epoll_ctl")
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self)
        let failure = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                _ = pk_name_thread("pk-processes")
                Unmanaged<Poller>.fromOpaque(context).takeRetainedValue().loop()
                return nil
            }, context.toOpaque())
        guard failure == 0 else {
            context.release()
            throw ProcessError(.resources(failure), "cannot start a thread: \(ProcessError.text(failure))")
        }
        state.withLock { $0.thread = thread }
    }

    /// Ends the thread and waits for it. No watch may be in use any more.
    package func shutdown() {
        let thread = state.withLock { state in
            defer { state.thread = nil }
            return state.thread
        }
        guard let thread else { return }
        _ = pk_eventfd_signal(stopSignal.rawValue)
        _ = pthread_join(thread, nil)
    }

    /// Watches `descriptor`, which must stay open until the watch is ended.
    func watch(_ descriptor: Int32, for events: UInt32) -> PollWatch {
        state.withLock { state in
            let id = state.nextID
            state.nextID &+= 1
            let watch = PollWatch(id: id, descriptor: descriptor, events: events, poller: self)
            state.watches[id] = watch
            return watch
        }
    }

    func control(_ operation: Int32, _ watch: PollWatch) -> Int32 {
        pk_epoll_ctl(epoll.rawValue, operation, watch.descriptor, watch.events | PK_EPOLLONESHOT, watch.id)
    }

    func forget(_ id: UInt64) {
        state.withLock { $0.watches[id] = nil }
    }

    private func loop() {
        var events = [pk_epoll_event](repeating: pk_epoll_event(), count: 64)
        while true {
            let count = Int(pk_epoll_wait(epoll.rawValue, &events, Int32(events.count), -1))
            // Only a bad argument fails here (epoll_wait(2)), and ours do not change.
            guard count >= 0 else { return }
            for event in events.prefix(count) {
                if event.data == Self.stopID { return }
                state.withLock { $0.watches[event.data] }?.fire()
            }
        }
    }
}
