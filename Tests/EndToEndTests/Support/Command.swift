import Foundation

/// A program run to its end.
enum Command {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    struct Ended: Sendable {
        let output: String
        let errors: String
        let status: Int32
    }

    /// Runs a program and gives its standard output; throws when it fails.
    @discardableResult
    static func run(_ program: String, _ arguments: [String], environment: [String: String] = [:]) async throws
        -> String
    {
        let ended = try await end(program, arguments, environment: environment)
        guard ended.status == 0 else {
            throw Failure(
                description: "\(program) \(arguments.joined(separator: " ")): \(ended.status): \(ended.errors)")
        }
        return ended.output
    }

    /// Runs a program, however it ends.
    static func end(
        _ program: String, _ arguments: [String], environment: [String: String] = [:]
    ) async throws -> Ended {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("command-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        // Files instead of pipes: however much it prints, nobody has to read along.
        let files = ["out", "err"].map { directory.appendingPathComponent($0) }
        for file in files { try Data().write(to: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: files[0])
        process.standardError = try FileHandle(forWritingTo: files[1])
        try process.run()
        await process.endedOrCancelled()
        return Ended(
            output: String(decoding: try Data(contentsOf: files[0]), as: UTF8.self),
            errors: String(decoding: try Data(contentsOf: files[1]), as: UTF8.self),
            status: process.terminationReason == .uncaughtSignal
                ? 128 + process.terminationStatus : process.terminationStatus)
    }
}
