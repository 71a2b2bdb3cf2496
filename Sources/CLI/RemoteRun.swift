import ControlAPI
import ControlClient
import Foundation
import JSONRPC

/// A program in a sandbox whose streams are this program's own.
struct RemoteRun: Sendable {
    /// What `sandbox.run` takes when stdin comes with the request.
    private static let maximumInlineInput = 10 * 1024 * 1024
    /// What the daemon gets on top of the program's timeout, to end it and say so.
    static let grace: Duration = .seconds(60)
    /// How long to wait between two looks at whether the program has started.
    private static let startPause: Duration = .milliseconds(20)

    var params: SandboxRun.Params
    /// How long the program may run, by the daemon's clock.
    var timeout: Duration
    var sendsInput: Bool
    var signals: AsyncStream<ConsoleSignal>?
    let context: CommandContext

    private var runID: String { params.runID ?? "" }
    private var terminal: Terminal { context.terminal }

    private enum Part: Sendable {
        case output(RunOutputPrinter.Count)
        case result(RunResult)
        /// The input was sent to its end, or nothing more can be sent.
        case input
        case signalled(Int32)
    }

    /// Runs it to its end. Throws when its end is not known, or part of its output was lost.
    func perform() async throws -> RunResult {
        guard sendsInput else { return try await stream(input: false) }
        do {
            return try await stream(input: true)
        } catch let error as RPCError where error.kind == RPCError.invalidParams("").kind && params.pty == nil {
            // A sandbox without an exec server takes stdin only as a whole. Nothing has run, and nothing was read yet.
            guard !terminal.console.isInputTerminal else { throw error }
            var copy = self
            copy.params.stdinBase64 = Data(try Self.wholeInput(terminal)).base64EncodedString()
            return try await copy.stream(input: false)
        }
    }

    /// Standard input to its end, where it has to go in one message.
    static func wholeInput(_ terminal: Terminal) throws -> [UInt8] {
        guard let input = try terminal.readInput(maximumInlineInput) else {
            throw CLIError(
                "standard input has more than \(maximumInlineInput) bytes",
                hint: "write it to a file in the sandbox first: podkeeper cp")
        }
        return input
    }

    private func stream(input: Bool) async throws -> RunResult {
        let notifications = context.client.notifications()
        let printer = RunOutputPrinter(runID: runID, terminal: terminal)
        var result: RunResult?
        var written = RunOutputPrinter.Count()
        try await withThrowingTaskGroup(of: Part.self) { group in
            group.addTask { .output(try await printer.follow(notifications)) }
            group.addTask { .result(try await run(input: input)) }
            if input { group.addTask { try await sendInput() } }
            if let signals { group.addTask { try await follow(signals) } }
            for try await part in group {
                switch part {
                case .output(let count): written = count
                case .input: break
                case .signalled(let number): throw SignalledError(number: number)
                case .result(let end):
                    result = end
                    // All output came before the response: the printer writes what it has not yet, and ends.
                    group.cancelAll()
                }
            }
        }
        guard let result else { throw CLIError("podkeeperd did not say how the program ended") }
        let announced = RunOutputPrinter.Count(stdout: result.stdoutBytes ?? 0, stderr: result.stderrBytes ?? 0)
        guard written == announced else {
            throw CLIError(
                "the output is not complete: \(written.stdout) of \(announced.stdout) bytes of stdout and "
                    + "\(written.stderr) of \(announced.stderr) bytes of stderr came")
        }
        return result
    }

    private func run(input: Bool) async throws -> RunResult {
        var params = params
        params.stream = true
        if input { params.stdinOpen = true }
        return try await context.client.call(SandboxRun.self, params, timeout: timeout + Self.grace)
    }

    /// Input that cannot be sent while the program runs is an error: it must not be taken for all there was.
    private func sendInput() async throws -> Part {
        do {
            try await waitForStart()
            while let bytes = try await terminal.nextInput() {
                try await write(bytes, isLast: false)
            }
            try await write([], isLast: true)
        } catch is CancellationError {
            // The program has ended.
        } catch let error as RPCError where ["conflict", "outcome_unknown"].contains(error.kind) {
            // It has closed its input, or has just ended: how, its own outcome says.
        }
        return .input
    }

    private func write(_ bytes: [UInt8], isLast: Bool) async throws {
        let params = SandboxWriteStdin.Params(
            sessionID: params.sessionID, runID: runID, dataBase64: Data(bytes).base64EncodedString(), eof: isLast)
        _ = try await context.client.call(SandboxWriteStdin.self, params)
    }

    private func waitForStart() async throws {
        let params = SandboxListRuns.Params(sessionID: params.sessionID)
        while try await !context.client.call(SandboxListRuns.self, params).runs.contains(where: { $0.runID == runID }) {
            try await Task.sleep(for: Self.startPause)
        }
    }

    private func follow(_ signals: AsyncStream<ConsoleSignal>) async throws -> Part {
        for await signal in signals {
            switch signal {
            case .ended(let number): return .signalled(number)
            case .resized:
                guard let size = terminal.console.size() else { continue }
                let params = SandboxResize.Params(
                    sessionID: params.sessionID, runID: runID, columns: size.columns, rows: size.rows)
                // A program that has just ended has no terminal any more; the next resize may work all the same.
                _ = try? await context.client.call(SandboxResize.self, params)
            }
        }
        return .input
    }
}

/// A signal told this program to end; what it runs ends with its connection.
struct SignalledError: Error {
    let number: Int32
}
