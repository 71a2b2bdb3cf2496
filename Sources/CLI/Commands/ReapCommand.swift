import ArgumentParser
import ControlAPI
import ControlClient

struct ReapCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "reap", abstract: "Ends now what is idle, without waiting for its time.",
        discussion: "Without a time: the sessions whose own timeouts have passed. Sessions in use are never reaped.")

    private static let timeout: Duration = .seconds(600)

    @ParentCommand var root: PodkeeperCommand
    @OptionGroup var options: GlobalOptions

    @Option(help: ArgumentHelp("What has been idle for so long.", valueName: "seconds"))
    var idleLongerThan: Seconds?

    @Flag(help: "Only tell what would be reaped.")
    var dryRun = false

    func run(_ context: CommandContext) async throws -> Int32 {
        let result = try await context.client.call(
            SessionCleanupIdle.self, .init(maxIdle: idleLongerThan?.value, dryRun: dryRun), timeout: Self.timeout)
        try context.renderer.show(result, names: result.sessions.map(\.sessionID)) {
            result.sessions.isEmpty
                ? ""
                : context.renderer.text(
                    Table(
                        heading: ["SESSION", "IDLE", "REASON"],
                        rows: result.sessions.map { [$0.sessionID, Age.text($0.idleSeconds), $0.reason] }))
        }
        let verb = dryRun ? "would be" : result.count == 1 ? "was" : "were"
        context.renderer.remark("\(Count.text(result.count, "session")) \(verb) reaped")
        return 0
    }
}
