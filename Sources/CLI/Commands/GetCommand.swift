import ArgumentParser
import ControlAPI
import ControlClient

struct GetCommand: ClientCommand {
    static let configuration = CommandConfiguration(commandName: "get", abstract: "Shows one session.")

    @ParentCommand var root: PodkeeperCommand
    @OptionGroup var options: GlobalOptions

    @Argument(help: ArgumentHelp("The session.", valueName: "id"))
    var sessionID: String

    func run(_ context: CommandContext) async throws -> Int32 {
        let session = try await context.client.call(
            SessionGet.self, SessionGet.Params(sessionID: sessionID, usage: true), timeout: CommandContext.answerTimeout
        )
        let view = SessionView(now: context.terminal.now())
        try context.renderer.show(session, names: [session.sessionID]) { FieldList(view.fields(session)).text }
        return 0
    }
}
