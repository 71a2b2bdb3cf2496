import ArgumentParser
import ControlAPI
import ControlClient

struct ListCommand: ClientCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists sessions, oldest first.")

    private static let firstPage = 100
    /// After which --watch says that nobody answers. The daemon gives lists from memory.
    private static let watchTimeout = Duration.seconds(10)

    @ParentCommand var root: PodkeeperCommand
    @OptionGroup var options: GlobalOptions
    @OptionGroup var selection: SessionSelection

    @Flag(help: "All sessions, not only the first 100.")
    var all = false

    @Flag(help: "More columns: owner, labels, image, and when it would be reaped.")
    var wide = false

    @Flag(
        help: """
            Draw the list anew until q is pressed; without a terminal print it each time that it has changed. Waits for \
            a podkeeperd that is away.
            """)
    var watch = false

    @Option(help: ArgumentHelp("How often --watch looks.", valueName: "seconds"))
    var interval: Seconds?

    /// What is shown: the pages that were fetched, as one.
    private struct Listing: Encodable {
        var sessions: [Session]
        var total: Int
    }

    func run(_ context: CommandContext) async throws -> Int32 {
        guard watch else {
            try show(await listing(context.client), context)
            return 0
        }
        let pause = interval?.duration ?? .seconds(2)
        guard context.renderer.format == .table, context.terminal.console.isOutputTerminal else {
            return try await follow(context, pause)
        }
        let daemon = LastingClient(context)
        return try await LiveScreen(terminal: context.terminal, interval: pause).run {
            try await daemon.ask { client in
                let listing = try await listing(client, timeout: Self.watchTimeout)
                return text(listing, context).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            }
        }
    }

    private func listing(
        _ client: ControlClient, timeout: Duration = CommandContext.answerTimeout
    ) async throws -> Listing {
        let found = try await selection.sessions(client, limit: all ? .max : Self.firstPage, timeout: timeout)
        return Listing(sessions: found.sessions, total: found.total)
    }

    /// For pipes: what follows is told apart by an empty line.
    private func follow(_ context: CommandContext, _ pause: Duration) async throws -> Int32 {
        let daemon = LastingClient(context)
        return try await context.terminal.whileOutputIsRead {
            var last: Set<[String]>?
            var isSilent = false
            while true {
                switch try await daemon.ask({ try await listing($0, timeout: Self.watchTimeout) }) {
                case .value(let listing):
                    if isSilent { context.terminal.complain("podkeeper: podkeeperd answers again") }
                    isSilent = false
                    let now = Set(listing.sessions.map { [$0.sessionID, $0.state.rawValue, $0.sandbox.name] })
                    if now != last {
                        if last != nil { try context.terminal.writeOutput(Array("\n".utf8)) }
                        try show(listing, context)
                        last = now
                    }
                case .silence(let since, let reason):
                    if !isSilent { context.terminal.complain("podkeeper: \(LastingClient.note(since, reason))") }
                    isSilent = true
                }
                try await Task.sleep(for: pause)
            }
        }
    }

    private func text(_ listing: Listing, _ context: CommandContext) -> String {
        let view = SessionView(now: context.terminal.now())
        return context.renderer.text(view.table(listing.sessions, isWide: wide))
    }

    private func show(_ listing: Listing, _ context: CommandContext) throws {
        try context.renderer.show(listing, names: listing.sessions.map(\.sessionID)) {
            listing.sessions.isEmpty ? "" : text(listing, context)
        }
        if listing.sessions.isEmpty {
            context.renderer.remark("no sessions")
        } else if listing.sessions.count < listing.total {
            context.renderer.remark("\(listing.sessions.count) of \(listing.total) sessions; --all shows the rest")
        }
    }
}
