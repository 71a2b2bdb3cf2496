import ArgumentParser
import ControlAPI
import ControlClient

struct DrainCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain", abstract: "Has podkeeperd refuse new sessions; those that there are go on.",
        discussion: "Until it is turned off or the daemon ends, whose next one is not draining.")

    @ParentCommand var root: PodkeeperCommand
    @OptionGroup var options: GlobalOptions

    @Flag(help: "Take new sessions again.")
    var off = false

    func run(_ context: CommandContext) async throws -> Int32 {
        let result = try await context.client.call(
            DaemonDrain.self, DaemonDrain.Params(enabled: !off), timeout: CommandContext.answerTimeout)
        try context.renderer.show(result, names: []) { "" }
        context.renderer.remark(result.draining ? "no new sessions are taken" : "new sessions are taken")
        return 0
    }
}
