import ArgumentParser
import ControlAPI
import ControlClient

struct CreateCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Starts a session, or shows the one of that id.")

    /// How long to wait for the daemon when no timeout is given: longer than a start takes.
    private static let defaultTimeout: Duration = .seconds(600)
    /// What the daemon gets on top of the caller's timeout, to say that it is over.
    private static let grace: Duration = .seconds(30)

    @ParentCommand var root: PodkeeperCommand
    @OptionGroup var options: GlobalOptions

    @Argument(help: ArgumentHelp("The session: 1 to 256 bytes of your own choosing.", valueName: "id"))
    var sessionID: String

    @Option(help: "The profile to start it with.")
    var profile: String?

    @Option(help: ArgumentHelp("Reap it when it was idle for so long.", valueName: "seconds"))
    var idleTimeout: Seconds?

    @Option(help: ArgumentHelp("Reap it at this age.", valueName: "seconds"))
    var maxLifetime: Seconds?

    @Option(help: ArgumentHelp("A label. May be given more than once.", valueName: "key=value"))
    var label: [KeyValue] = []

    @Option(help: ArgumentHelp("An environment variable. May be given more than once.", valueName: "key=value"))
    var env: [KeyValue] = []

    @Option(help: ArgumentHelp("How long to wait for it to be ready; the start goes on.", valueName: "seconds"))
    var timeout: Seconds?

    func run(_ context: CommandContext) async throws -> Int32 {
        let params = SessionGetOrCreate.Params(
            sessionID: sessionID, profile: profile, timeout: timeout?.value, idleTimeout: idleTimeout?.value,
            maxLifetime: maxLifetime?.value, labels: label.dictionary, environment: env.dictionary)
        let wait = (timeout?.duration ?? Self.defaultTimeout) + Self.grace
        let opened = try await context.client.call(SessionGetOrCreate.self, params, timeout: wait)
        let view = SessionView(now: context.terminal.now())
        try context.renderer.show(opened, names: [opened.session.sessionID]) {
            FieldList(view.fields(opened.session)).text
        }
        context.renderer.remark(remark(opened))
        return 0
    }

    private func remark(_ opened: OpenedSession) -> String {
        guard opened.created else { return "the session was there already" }
        guard let replaced = opened.replaced else { return "the session was created" }
        return "the session got a new sandbox: generation \(replaced.generation) is gone (\(replaced.reason))"
    }
}
