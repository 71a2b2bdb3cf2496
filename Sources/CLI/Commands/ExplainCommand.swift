import ArgumentParser
import ControlAPI
import ControlClient

struct ExplainCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Says when and why a session would be reaped, and what keeps it.")

    @ParentCommand var root: PodkeeperCommand
    @OptionGroup var options: GlobalOptions

    @Argument(help: ArgumentHelp("The session.", valueName: "id"))
    var sessionID: String

    func run(_ context: CommandContext) async throws -> Int32 {
        let result = try await context.client.call(
            SessionExplain.self, .init(sessionID: sessionID), timeout: CommandContext.answerTimeout)
        let view = SessionView(now: context.terminal.now())
        let leases = result.leases.map { lease in
            let run = lease.runID.map { " of run \($0)" } ?? ""
            return ("Kept by", "\(lease.operation)\(run) for \(view.age(lease.since))") as (String, String?)
        }
        try context.renderer.show(result, names: [sessionID]) {
            FieldList(
                [
                    ("Session", sessionID), ("State", result.state.rawValue), ("Why", result.reason),
                    ("Reaped at", result.reapAt?.text), ("Set by", result.setting),
                    ("Last activity", "\(result.lastActivity) (\(view.age(result.lastActivityAt)) ago)"),
                ] + leases
            ).text
        }
        return 0
    }
}
