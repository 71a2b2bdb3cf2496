import ControlAPI
package import ControlServer
package import JSONRPC
package import Logging
import SandboxCore
package import SessionManager

/// The `events.*` methods.
package struct EventHandlers: Sendable {
    /// Events read at once for a subscriber.
    private static let pageSize = 200

    private let sessions: SessionManager
    private let access: AccessPolicy
    private let logger: Logger
    private let subscriptions = EventSubscriptions()

    package init(sessions: SessionManager, access: AccessPolicy, logger: Logger) {
        self.sessions = sessions
        self.access = access
        self.logger = logger
    }

    package func register(in router: inout RPCRouter<ControlCall>) {
        router.on(EventsList.self, list)
        router.on(EventsSubscribe.self, subscribe)
        router.on(EventsUnsubscribe.self, unsubscribe)
    }

    private func list(_ params: EventsList.Params, _ call: ControlCall) async throws(SandboxError) -> EventsList.Result
    {
        let limit = try Parameters.integer(
            params.limit, named: "limit", in: 1...EventQuery.maximumLimit, default: EventQuery.defaultLimit)
        let page = try await sessions.events(
            EventQuery(
                filter: try filter(params.sessionID, params.types, call),
                after: try Self.after(params.after) ?? 0, limit: limit))
        return EventsList.Result(
            events: page.events.map { SessionEvent($0) }, latestSequence: page.latest, oldestSequence: page.oldest)
    }

    private func subscribe(
        _ params: EventsSubscribe.Params, _ call: ControlCall
    ) async throws -> EventsSubscribe.Result {
        let filter = try filter(params.sessionID, params.types, call)
        let latest = sessions.latestEvent
        let after = try Self.after(params.after) ?? latest
        guard after <= latest else {
            throw SandboxError.invalid("after is \(after), but the latest event is \(latest)")
        }
        let id = try subscriptions.add(connection: call.connectionID)
        // No event before the response, which tells the id.
        let (answered, answer) = AsyncStream.makeStream(of: Void.self)
        call.onAnswer { answer.finish() }
        do {
            let task = try call.startTask {
                for await _ in answered {}
                await follow(id, filter, after: after, call)
                subscriptions.remove(id, connection: call.connectionID)
            }
            subscriptions.begin(id, task, connection: call.connectionID)
        } catch {
            subscriptions.remove(id, connection: call.connectionID)
            throw error
        }
        return EventsSubscribe.Result(subscriptionID: id, latestSequence: latest)
    }

    private func unsubscribe(
        _ params: EventsUnsubscribe.Params, _ call: ControlCall
    ) async throws(SandboxError) -> EventsUnsubscribe.Result {
        EventsUnsubscribe.Result(
            unsubscribed: subscriptions.remove(params.subscriptionID, connection: call.connectionID))
    }

    /// Reads from the store what the subscriber has not seen, as fast as it takes it. Who falls so far behind that
    /// events are gone is told once, and goes on with those that are left; so does who misses one that cannot be sent.
    private func follow(_ id: String, _ filter: EventFilter, after start: Int64, _ call: ControlCall) async {
        var after = start
        do {
            for await _ in sessions.eventSignals() {
                while after < sessions.latestEvent {
                    let query = EventQuery(filter: filter, after: after, limit: Self.pageSize)
                    // A store that does not answer is asked again at the next event.
                    guard let page = try? await sessions.events(query) else { break }
                    if after + 1 < page.oldest {
                        let last = page.oldest - 1
                        try await overflow(last, "events up to \(last) are no longer kept", id, call)
                    }
                    for event in page.events { try await tell(SessionEvent(event), id, call) }
                    after = max(after, page.next)
                }
            }
        } catch is ConnectionClosedError {
            // The caller has gone.
        } catch is CancellationError {
            // The subscription has ended, or its connection.
        } catch {
            logger.error("a subscription ends", metadata: ["subscription": "\(id)", "error": "\(error)"])
        }
    }

    private func tell(_ event: SessionEvent, _ id: String, _ call: ControlCall) async throws {
        do {
            try await send(event, id, call)
        } catch let error as RPCError {
            // Too long for one message, or of no JSON form: lost for this subscriber, who is still there.
            logger.error(
                "an event cannot be sent to a subscriber, who is told to list the sessions again",
                metadata: [
                    "subscription": "\(id)", "uid": "\(call.peer.uid)", "seq": "\(event.sequence)",
                    "session": "\(event.sessionID ?? "none")", "error": "\(error)",
                ])
            try await overflow(event.sequence, "event \(event.sequence) cannot be sent: \(error.message)", id, call)
        }
    }

    /// `sequence`: the last event that the subscriber does not get.
    private func overflow(_ sequence: Int64, _ reason: String, _ id: String, _ call: ControlCall) async throws {
        let event = SessionEvent(
            sequence: sequence, at: .init(sessions.now.date), kind: .overflow, sessionID: nil, generation: nil,
            detail: "\(reason); list the sessions again")
        try await send(event, id, call)
    }

    private func send(_ event: SessionEvent, _ id: String, _ call: ControlCall) async throws {
        try await call.notify(EventNotification.name, EventNotification(subscriptionID: id, event: event))
    }

    private func filter(
        _ sessionID: String?, _ types: [SessionEvent.Kind]?, _ call: ControlCall
    ) throws(SandboxError) -> EventFilter {
        let id = try sessionID.map { (text) throws(SandboxError) in try SessionID(text) }
        return EventFilter(
            sessionID: id, kinds: types.map { Set($0.compactMap { EventRecord.Kind(rawValue: $0.rawValue) }) },
            ownerUID: try access.visibleOwner(call.peer, asked: nil))
    }

    private static func after(_ number: Int64?) throws(SandboxError) -> Int64? {
        guard let number, number < 0 else { return number }
        throw .invalid("after must not be negative")
    }
}
