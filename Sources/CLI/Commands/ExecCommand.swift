import ArgumentParser
import ControlAPI
import ControlClient
import Foundation

struct ExecCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec", abstract: "Runs a program in a session's sandbox.",
        usage:
            "podkeeper exec <id> [--cwd <path>] [--env <key=value> ...] [--timeout <seconds>] [-i] [-t] -- <program> ...",
        discussion: "Exits with the program's exit code; 128 + n when signal n ended it; 124 when its time was over.")

    /// `sandbox.run`'s own when none is given.
    private static let defaultTimeout: Duration = .seconds(1800)

    @ParentCommand var root: PodkeeperCommand
    @OptionGroup var options: GlobalOptions

    @Argument(help: ArgumentHelp("The session.", valueName: "id"))
    var sessionID: String

    @Option(help: ArgumentHelp("The directory to run in; the session's own when absent.", valueName: "path"))
    var cwd: String?

    @Option(help: ArgumentHelp("An environment variable. May be given more than once.", valueName: "key=value"))
    var env: [KeyValue] = []

    @Option(help: ArgumentHelp("How long it may run (default: 1800).", valueName: "seconds"))
    var timeout: Seconds?

    @Flag(name: [.customShort("i"), .customLong("stdin")], help: "Send standard input to the program.")
    var sendsInput = false

    @Flag(
        name: [.customShort("t"), .customLong("tty")],
        help: "Give the program a terminal, the one that this program has; with -i for typing.")
    var hasTerminal = false

    @Argument(parsing: .postTerminator, help: ArgumentHelp("The program and its arguments.", valueName: "program"))
    var command: [String] = []

    func validate() throws {
        guard !command.isEmpty else {
            throw ValidationError("Say what to run, after '--': podkeeper exec \(sessionID) -- ls -l")
        }
    }

    func run(_ context: CommandContext) async throws -> Int32 {
        guard context.renderer.format == .table else { return try await runQuietly(context) }
        let session = InteractiveRun(
            sessionID: sessionID, argv: command, environment: env.dictionary ?? [:], workingDirectory: cwd,
            timeout: timeout?.duration ?? Self.defaultTimeout, sendsInput: sendsInput, hasTerminal: hasTerminal)
        return try await session.perform(context)
    }

    /// Shows the result as a document when all is over.
    private func runQuietly(_ context: CommandContext) async throws -> Int32 {
        guard !hasTerminal else {
            throw CLIError("-t shows a terminal, which is no \(context.renderer.format.rawValue)")
        }
        let input = sendsInput ? try RemoteRun.wholeInput(context.terminal) : nil
        let params = SandboxRun.Params(
            sessionID: sessionID, argv: command, environment: env.dictionary, workingDirectory: cwd,
            stdinBase64: input.map { Data($0).base64EncodedString() }, timeout: timeout?.value)
        let wait = (timeout?.duration ?? Self.defaultTimeout) + RemoteRun.grace
        let result = try await context.client.call(SandboxRun.self, params, timeout: wait)
        try context.renderer.show(result, names: [result.runID]) { "" }
        return RunEnding.exitCode(result, context.terminal)
    }
}
