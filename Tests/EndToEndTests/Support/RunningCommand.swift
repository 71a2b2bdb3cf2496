import Foundation

/// A program that runs for as long as the test wants, its output read as it comes.
final class RunningCommand: Sendable {
    private let process: Process
    private let keyboard = Pipe()
    private let output: DaemonLog
    private let errors: DaemonLog

    init(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        let (process, output, errors) = (Process(), DaemonLog(), DaemonLog())
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        process.standardInput = keyboard
        let pipes = (Pipe(), Pipe())
        (process.standardOutput, process.standardError) = (pipes.0, pipes.1)
        try process.run()
        output.follow(pipes.0)
        errors.follow(pipes.1)
        (self.process, self.output, self.errors) = (process, output, errors)
    }

    /// Waits until it has printed that; a test's own time limit bounds it.
    func prints(_ text: String) async throws {
        guard await output.waitFor(text) else { throw Ended(output: output.text, errors: errors.text) }
    }

    /// The same for its standard error.
    func says(_ text: String) async throws {
        guard await errors.waitFor(text) else { throw Ended(output: output.text, errors: errors.text) }
    }

    func type(_ text: String) throws { try keyboard.fileHandleForWriting.write(contentsOf: Data(text.utf8)) }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Waits for its end.
    func end() async -> Command.Ended {
        await process.ended()
        return Command.Ended(
            output: output.text, errors: errors.text,
            status: process.terminationReason == .uncaughtSignal
                ? 128 + process.terminationStatus : process.terminationStatus)
    }

    /// It ended before it printed what was waited for.
    struct Ended: Error, CustomStringConvertible {
        let output: String
        let errors: String

        var description: String { "it ended after \(output)\(errors)" }
    }
}
