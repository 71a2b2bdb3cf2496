import ArgumentParser
import ControlAPI
import ControlClient
import Foundation
import JSONRPC

struct EventsCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Shows what has happened to sessions, oldest first.",
        discussion: """
            With -f and -o json, each event is a line of its own; with -o yaml, a document. When podkeeperd is away, -f \
            waits for it and goes on after the last event that was shown.
            """)

    /// The most that the daemon gives at a time.
    private static let pageSize = 1000
    /// Whoever follows events waits for podkeeperd until they have had enough.
    private static let patience = Duration.seconds(1_000_000_000)

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
        let past = try await past(context)
        guard follow else {
            try context.renderer.show(past, names: past.events.map { String($0.sequence) }) {
                past.events.map(Self.line).joined(separator: "\n")
            }
            if past.events.isEmpty { context.renderer.remark("no events") }
            return 0
        }
        for event in past.events { try print(event, context) }
        return try await follow(after: past.latestSequence, context)
    }

    /// Ends with an error alone, or when nobody reads any more.
    private func follow(after sequence: Int64, _ context: CommandContext) async throws -> Int32 {
        // What follows has a connection of its own, and another one after each restart of the daemon.
        await context.client.close()
        let events = SessionEvents(
            path: context.socket, .init(after: sequence, sessionID: session, types: types), patience: Self.patience,
            isResumed: true
        ) { contact in
            switch contact {
            case .lost: context.terminal.complain("podkeeper: the connection to podkeeperd was lost; waiting for it")
            case .regained: context.terminal.complain("podkeeper: podkeeperd is back; this goes on where it was")
            }
        }
        return try await context.terminal.whileOutputIsRead {
            for try await event in events { try print(event, context) }
            return 0
        }
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
