import ControlAPI
import Foundation

/// What `exec` and `shell` do: a program whose streams are this program's own, on a terminal where asked for.
struct InteractiveRun: Sendable {
    /// Bytes of output after which the daemon ends the program: its most, for it is written as it comes.
    private static let outputLimit = 1 << 50

    var sessionID: String
    var argv: [String]
    var environment: [String: String]
    var workingDirectory: String?
    var timeout: Duration
    var sendsInput: Bool
    var hasTerminal: Bool

    /// Returns the exit code. The terminal is as it was when this returns or throws.
    func perform(_ context: CommandContext) async throws -> Int32 {
        let console = context.terminal.console
        var environment = environment
        var size: WindowSize?
        if hasTerminal {
            guard console.isOutputTerminal, console.isInputTerminal || !sendsInput else {
                throw CLIError("standard input and output are no terminal", hint: "leave out -t")
            }
            size = console.size() ?? WindowSize(columns: 80, rows: 24)
            environment["TERM"] = environment["TERM"] ?? context.terminal.environment["TERM"]
        }
        let run = RemoteRun(
            params: SandboxRun.Params(
                sessionID: sessionID, argv: argv, runID: UUID().uuidString.lowercased(),
                environment: environment.isEmpty ? nil : environment, workingDirectory: workingDirectory,
                timeout: timeout / .seconds(1), outputLimit: Self.outputLimit, pty: size),
            timeout: timeout, sendsInput: sendsInput,
            // Before the terminal is changed: from here on a signal ends this program in good order.
            signals: hasTerminal ? await console.signals() : nil, context: context)
        let restore = hasTerminal && sendsInput ? try console.makeRaw() : {}
        do {
            let result = try await run.perform()
            restore()
            return RunEnding.exitCode(result, context.terminal)
        } catch let error as SignalledError {
            restore()
            return 128 + error.number
        } catch {
            restore()
            throw error
        }
    }
}
