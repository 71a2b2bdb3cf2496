package import Foundation

/// What a program gets from its surroundings, apart from its arguments.
package struct Terminal: Sendable {
    package var environment: [String: String]
    package var uid: UInt32
    /// Whether there is anything at that path.
    package var exists: @Sendable (String) -> Bool
    package var now: @Sendable () -> Date
    /// Writes all bytes or throws.
    package var writeOutput: @Sendable ([UInt8]) throws -> Void
    package var writeError: @Sendable ([UInt8]) throws -> Void
    /// Returns when nobody reads standard output any more, or the task is cancelled.
    package var outputEnds: @Sendable () async -> Void
    /// Reads standard input to its end, at most that many bytes; `nil` when there are more.
    package var readInput: @Sendable (_ maximum: Int) throws -> [UInt8]?
    /// The next bytes of standard input as they come; nil at its end. Throws `CancellationError`.
    package var nextInput: @Sendable () async throws -> [UInt8]?
    package var console: Console

    package init(
        environment: [String: String], uid: UInt32, exists: @escaping @Sendable (String) -> Bool,
        now: @escaping @Sendable () -> Date, writeOutput: @escaping @Sendable ([UInt8]) throws -> Void,
        writeError: @escaping @Sendable ([UInt8]) throws -> Void, outputEnds: @escaping @Sendable () async -> Void,
        readInput: @escaping @Sendable (_ maximum: Int) throws -> [UInt8]?,
        nextInput: @escaping @Sendable () async throws -> [UInt8]?, console: Console
    ) {
        self.environment = environment
        self.uid = uid
        self.exists = exists
        self.now = now
        self.writeOutput = writeOutput
        self.writeError = writeError
        self.outputEnds = outputEnds
        self.readInput = readInput
        self.nextInput = nextInput
        self.console = console
    }

    /// This process's own.
    package static let process = Terminal(
        environment: ProcessInfo.processInfo.environment, uid: getuid(), exists: { access($0, F_OK) == 0 },
        now: { Date() },
        writeOutput: { try Descriptor.write($0, to: STDOUT_FILENO, name: "standard output") },
        writeError: { try Descriptor.write($0, to: STDERR_FILENO, name: "standard error") },
        outputEnds: HangupWatch(STDOUT_FILENO).wait,
        readInput: { try Descriptor.read(STDIN_FILENO, maximum: $0, name: "standard input") },
        nextInput: DescriptorReader(STDIN_FILENO, name: "standard input").next, console: .process)

    /// Writes a line to standard output; false, and a complaint, when that does not work.
    func print(_ line: String) -> Bool {
        do {
            try writeOutput(Array((line + "\n").utf8))
            return true
        } catch {
            complain("podkeeper: \(error)")
            return false
        }
    }

    /// Does something that may print nothing for a long time, and leaves off when nobody reads standard output any more:
    /// the exit code is then that of a program that SIGPIPE has ended.
    func whileOutputIsRead(_ body: @escaping @Sendable () async throws -> Int32) async throws -> Int32 {
        try await withThrowingTaskGroup(of: Int32.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await body() }
            group.addTask {
                await outputEnds()
                try Task.checkCancellation()
                return 128 + SIGPIPE
            }
            return try await group.next() ?? 0
        }
    }

    /// Asks a question that a person at the terminal answers with `y` or `yes`. Throws where there is none to ask.
    func confirms(_ question: String) async throws -> Bool {
        guard console.isInputTerminal, console.isErrorTerminal else {
            throw CLIError("nobody is there to be asked: \(question)", hint: "--yes answers for scripts")
        }
        try writeError(Array("\(question) [y/N] ".utf8))
        // A terminal hands over whole lines.
        let answer = try await nextInput() ?? []
        return ["y", "yes"].contains(
            String(decoding: answer, as: UTF8.self).lowercased().trimmingCharacters(in: .whitespacesAndNewlines))
    }

    /// Writes a line to standard error.
    func complain(_ line: String) {
        // Where even that cannot be written there is nobody to tell; the exit code still says it.
        try? writeError(Array((line + "\n").utf8))
    }
}
