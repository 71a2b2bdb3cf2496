import ArgumentParser
import ControlAPI
import ControlClient

struct UpdateCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Changes a session's timeouts and labels.")

    @ParentCommand var root: PodkeeperCommand
    @OptionGroup var options: GlobalOptions

    @Argument(help: ArgumentHelp("The session.", valueName: "id"))
    var sessionID: String

    @Option(help: ArgumentHelp("Reap it when it was idle for so long; its idle clock goes on.", valueName: "seconds"))
    var idleTimeout: Seconds?

    @Option(help: ArgumentHelp("Reap it at this age.", valueName: "seconds"))
    var maxLifetime: Seconds?

    @Option(
        help: ArgumentHelp("A label, in place of all that it has. May be given more than once.", valueName: "key=value")
    )
    var label: [KeyValue] = []

    func validate() throws {
        guard idleTimeout != nil || maxLifetime != nil || !label.isEmpty else {
            throw ValidationError("say what to change: --idle-timeout, --max-lifetime or --label")
        }
    }

    func run(_ context: CommandContext) async throws -> Int32 {
        let session = try await context.client.call(
            SessionUpdate.self,
            .init(
                sessionID: sessionID, idleTimeout: idleTimeout?.value, maxLifetime: maxLifetime?.value,
                labels: label.dictionary), timeout: CommandContext.answerTimeout)
        let view = SessionView(now: context.terminal.now())
        try context.renderer.show(session, names: [session.sessionID]) { FieldList(view.fields(session)).text }
        return 0
    }
}
