import ArgumentParser

struct ShellCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "shell", abstract: "Opens a shell in a session's sandbox.",
        discussion: """
            bash where the sandbox has it, else sh. Exits with the shell's exit code. The session is not reaped while \
            the shell is open.
            """)

    /// Longer than the daemon lets anything run: it cuts this to its own limit.
    private static let timeout: Duration = .seconds(10 * 365 * 86_400)
    private static let login = "command -v bash >/dev/null 2>&1 && exec bash -l; exec sh -l"

    @ParentCommand var root: PodkeeperCommand
    @OptionGroup var options: GlobalOptions

    @Argument(help: ArgumentHelp("The session.", valueName: "id"))
    var sessionID: String

    @Option(help: ArgumentHelp("The directory to start in; the session's own when absent.", valueName: "path"))
    var cwd: String?

    @Option(help: ArgumentHelp("An environment variable. May be given more than once.", valueName: "key=value"))
    var env: [KeyValue] = []

    func run(_ context: CommandContext) async throws -> Int32 {
        let console = context.terminal.console
        let run = InteractiveRun(
            sessionID: sessionID, argv: ["sh", "-c", Self.login], environment: env.dictionary ?? [:],
            workingDirectory: cwd, timeout: Self.timeout, sendsInput: true,
            hasTerminal: console.isInputTerminal && console.isOutputTerminal)
        return try await run.perform(context)
    }
}
