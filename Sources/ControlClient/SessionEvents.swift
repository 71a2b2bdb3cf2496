package import ControlAPI
import JSONRPC

/// What happens to sessions, whatever happens to the daemon: where the connection is lost, another one goes on after the
/// last event that was seen. None comes twice, and none is left out without an `overflow` that says so.
///
/// For one consumer. Each iterator has its own connection, which ends with it. What the consumer does not take waits in
/// the daemon, within `ControlClientLimits.maximumNotificationBytes` here.
package struct SessionEvents: AsyncSequence, Sendable {
    package typealias Element = SessionEvent

    /// What becomes of the connection after the first one was made.
    package enum Contact: Hashable, Sendable {
        case lost
        /// Another one goes on after the last event that was seen.
        case regained
    }

    private let path: String
    private let params: EventsSubscribe.Params
    private let patience: Duration
    private let isResumed: Bool
    private let limits: ControlClientLimits
    private let onContact: @Sendable (Contact) -> Void

    /// `params.after`, where there is one, is where to begin. `patience`: how long there may be no daemon before the
    /// sequence ends with the error of the last try; at the beginning there has to be one, unless `isResumed`: for who has
    /// had an answer of the daemon already, such as the events before `params.after`. `onContact` is told, in turns, that
    /// a connection was lost, or none was there to resume with, and that there is another.
    package init(
        path: String, _ params: EventsSubscribe.Params = EventsSubscribe.Params(), patience: Duration = .seconds(60),
        isResumed: Bool = false, limits: ControlClientLimits = ControlClientLimits(),
        onContact: @escaping @Sendable (Contact) -> Void = { _ in }
    ) {
        self.path = path
        self.params = params
        self.patience = patience
        self.isResumed = isResumed
        self.limits = limits
        self.onContact = onContact
    }

    package func makeAsyncIterator() -> Iterator { Iterator(self) }

    package struct Iterator: AsyncIteratorProtocol {
        private static let firstPause = Duration.milliseconds(50)
        private static let longestPause = Duration.seconds(2)
        /// For the answer to a subscription, which the daemon gives from memory.
        private static let answerTimeout = Duration.seconds(10)

        private let events: SessionEvents
        private var params: EventsSubscribe.Params
        /// Kept because the connection ends with it.
        private var client: ControlClient?
        private var notifications: ControlNotifications.Iterator?
        private var hasBegun: Bool
        /// That there is no connection was told.
        private var isLost = false
        /// Before the next try; nil after an event. So a daemon that hangs up each time is not asked in a tight loop.
        private var pause: Duration?

        fileprivate init(_ events: SessionEvents) {
            self.events = events
            params = events.params
            hasBegun = events.isResumed
        }

        /// Never nil. Throws the daemon's `RPCError` where it refuses the subscription, `ControlClientError`,
        /// `DecodingError` for an event that cannot be read, and `CancellationError`.
        package mutating func next() async throws -> SessionEvent? {
            while true {
                if notifications == nil { try await connect() }
                if let notification = await notifications?.next() {
                    guard notification.method == EventNotification.name else { continue }
                    let event = try notification.decode(EventNotification.self).event
                    params.after = event.sequence
                    pause = nil
                    return event
                }
                try Task.checkCancellation()
                (client, notifications) = (nil, nil)
                tellLost()
            }
        }

        private mutating func tellLost() {
            guard !isLost else { return }
            isLost = true
            events.onContact(.lost)
        }

        private mutating func connect() async throws {
            let deadline = ContinuousClock.now + events.patience
            while true {
                if let pause { try await Task.sleep(for: pause) }
                pause = pause.map { Swift.min($0 * 2, Self.longestPause) } ?? Self.firstPause
                do {
                    return try await subscribe()
                } catch  where hasBegun && Outage.isPassing(error) && ContinuousClock.now < deadline {
                    tellLost()
                }
            }
        }

        private mutating func subscribe() async throws {
            let client = try await ControlClient.connect(path: events.path, limits: events.limits)
            let notifications = client.notifications()
            let result = try await client.call(EventsSubscribe.self, params, timeout: Self.answerTimeout)
            // Without a place to begin it is here, also for the connections after this one.
            params.after = params.after ?? result.latestSequence
            self.client = client
            self.notifications = notifications.makeAsyncIterator()
            if isLost { events.onContact(.regained) }
            (hasBegun, isLost) = (true, false)
        }
    }
}
