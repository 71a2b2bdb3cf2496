import ArgumentParser
import ControlAPI
import ControlClient
import Foundation

struct HistoryCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Shows sessions that have ended and why, the latest first.")

    @ParentCommand var root: PodkeeperCommand
    @OptionGroup var options: GlobalOptions

    @Argument(help: ArgumentHelp("Only of this session.", valueName: "id"))
    var sessionID: String?

    @Option(help: ArgumentHelp("How many, 1 to 1000.", valueName: "number"))
    var limit = 50

    func run(_ context: CommandContext) async throws -> Int32 {
        let page = try await context.client.call(
            SessionHistory.self, .init(sessionID: sessionID, limit: limit), timeout: CommandContext.answerTimeout)
        let view = SessionView(now: context.terminal.now())
        try context.renderer.show(page, names: page.sessions.map(\.sessionID)) {
            page.sessions.isEmpty
                ? ""
                : context.renderer.text(
                    Table(
                        heading: ["SESSION", "GENERATION", "ENDED", "LIVED", "REASON", "DETAIL"],
                        rows: page.sessions.map { one in
                            [
                                one.sessionID, String(one.generation), "\(view.age(one.endedAt)) ago",
                                Age.text(one.endedAt.date.timeIntervalSince(one.createdAt.date)), one.reason,
                                one.detail + (one.exitCode.map { " (exit code \($0))" } ?? ""),
                            ]
                        }))
        }
        if page.sessions.isEmpty { context.renderer.remark("no session has ended") }
        return 0
    }
}
