import ArgumentParser
import ControlAPI
import ControlClient
import Foundation
import JSONRPC

struct EventsCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Shows what has happened to sessions, oldest first.",
        discussion: "With -f and -o json, each event is a line of its own; with -o yaml, a document.")

    /// The most that the daemon gives at a time.
    private static let pageSize = 1000

    @ParentCommand var root: PodkeeperCommand
    @OptionGroup var options: GlobalOptions

    @Flag(name: [.customShort("f"), .long], help: "Go on with what happens from now on.")
    var follow = false

    @Option(help: ArgumentHelp("Only of this session.", valueName: "id"))
    var session: String?

    @Option(help: "Only of this type. May be given more than once.")
    var type: [SessionEvent.Kind] = []

    @Option(help: ArgumentHelp("How many of the past, at most.", valueName: "number"))
    var last = 100

    func validate() throws {
        guard (0...Self.pageSize).contains(last) else {
            throw ValidationError("--last takes 0 to \(Self.pageSize)")
        }
    }

    func run(_ context: CommandContext) async throws -> Int32 {
        // Before the past is read, so that nothing falls in between.
        let notifications = context.client.notifications()
        let past = try await past(context)
        guard follow else {
            try context.renderer.show(past, names: past.events.map { String($0.sequence) }) {
                past.events.map(Self.line).joined(separator: "\n")
            }
            if past.events.isEmpty { context.renderer.remark("no events") }
            return 0
        }
        for event in past.events { try print(event, context) }
        let subscription = try await context.client.call(
            EventsSubscribe.self, .init(after: past.latestSequence, sessionID: session, types: types),
            timeout: CommandContext.answerTimeout)
        for await notification in notifications where notification.method == EventNotification.name {
            let message = try notification.decode(EventNotification.self)
            guard message.subscriptionID == subscription.subscriptionID else { continue }
            try print(message.event, context)
        }
        throw CLIError("podkeeperd ended the connection", hint: "it may be restarting; call this again")
    }

    private var types: [SessionEvent.Kind]? { type.isEmpty ? nil : type }

    /// The last events of those that were asked for; nothing of them is missing up to `latestSequence`.
    private func past(_ context: CommandContext) async throws -> EventsList.Result {
        func list(after: Int64, limit: Int) async throws -> EventsList.Result {
            try await context.client.call(
                EventsList.self, .init(after: after, sessionID: session, types: types, limit: limit),
                timeout: CommandContext.answerTimeout)
        }
        var past = try await list(after: 0, limit: 1)
        past.events = []
        guard last > 0 else { return past }
        // With a filter, the last ones may be anywhere.
        var after = session == nil && types == nil ? max(0, past.latestSequence - Int64(last)) : 0
        var page: EventsList.Result
        repeat {
            page = try await list(after: after, limit: Self.pageSize)
            past.events = (past.events + page.events).suffix(last)
            after = page.events.last?.sequence ?? after
        } while page.events.count == Self.pageSize
        past.latestSequence = max(past.latestSequence, past.events.last?.sequence ?? 0)
        return past
    }

    private func print(_ event: SessionEvent, _ context: CommandContext) throws {
        func json() throws -> String { String(decoding: try RPCWriter.encode(event), as: UTF8.self) }
        let text =
            switch context.renderer.format {
            case .table: Self.line(event)
            case .name: String(event.sequence)
            case .json: try json()
            case .yaml: "--- " + (try json())
            }
        try context.terminal.writeOutput(Array((text + "\n").utf8))
    }

    private static func line(_ event: SessionEvent) -> String {
        let subject = event.sessionID.map { "\($0)/\(event.generation ?? 0)" } ?? "-"
        let why = [event.reason, event.detail].compactMap(\.self).joined(separator: ": ")
        let parts = [event.at.text, event.kind.rawValue, subject, why].map(Printable.text)
        return parts.filter { !$0.isEmpty }.joined(separator: "  ")
    }
}

extension SessionEvent.Kind: ExpressibleByArgument {}
