import Foundation

/// The real program, started as a child of the tests.
final class Execd: Sendable {
    static let token = "s3cret-\u{e9}"
    /// Beside the test program, where the build puts both.
    static let path: String = {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return (own as NSString).deletingLastPathComponent + "/podkeeper-execd"
    }()

    private let process: Process
    let address: String
    let directory: String

    var pid: Int32 { process.processIdentifier }
    var port: UInt16 { UInt16(address) ?? 0 }

    /// Starts `serve` and waits until it says where it listens. `launcher` goes before the program's own name.
    init(
        _ arguments: [String] = ["--host", "127.0.0.1", "--port", "0"], launcher: [String] = [],
        role: [String] = ["serve"], environment: [String: String] = ["SANDBOX_EXEC_TOKEN": Execd.token]
    ) throws {
        directory = try temporaryDirectory()
        process = Process()
        let line = launcher + [Self.path] + role + ["--work-dir", directory] + arguments
        process.executableURL = URL(fileURLWithPath: line[0])
        process.arguments = Array(line.dropFirst())
        process.environment = ["PATH": "/usr/local/bin:/usr/bin:/bin"].merging(environment) { $1 }
        let log = Pipe()
        process.standardError = log
        process.standardInput = FileHandle.nullDevice
        try process.run()
        try? log.fileHandleForWriting.close()
        var text = ""
        while !text.contains("\n") {
            let data = log.fileHandleForReading.availableData
            guard !data.isEmpty else { throw TestFailure("execd ended: \(text)") }
            text += String(decoding: data, as: UTF8.self)
        }
        guard let range = text.range(of: "listens on ") else { throw TestFailure(text) }
        address = String(text[range.upperBound...].prefix { $0 != "\n" })
    }

    static func with<Result>(
        _ arguments: [String] = ["--host", "127.0.0.1", "--port", "0"], launcher: [String] = [],
        _ body: (Execd) async throws -> Result
    ) async throws -> Result {
        let server = try await blocking { try Execd(arguments, launcher: launcher) }
        do {
            let result = try await body(server)
            _ = try await server.stop()
            return result
        } catch {
            _ = try await server.stop()
            throw error
        }
    }

    /// SIGTERM, and the exit code.
    func stop() async throws -> Int32 {
        kill(pid, SIGTERM)
        return try await wait()
    }

    func wait() async throws -> Int32 {
        try await blocking { [self] in
            process.waitUntilExit()
            try? FileManager.default.removeItem(atPath: directory)
            return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
        }
    }

    /// How a run of the program ended, and what it said on both streams.
    struct Exit {
        var code: Int32
        var output: String
    }

    /// Runs the program with `arguments` to its end.
    static func run(
        _ arguments: [String], environment: [String: String] = [:]
    ) async throws -> Exit {
        try await blocking {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: path)
            process.arguments = arguments
            process.environment = ["PATH": "/usr/bin:/bin"].merging(environment) { $1 }
            let output = Pipe()
            process.standardOutput = output
            process.standardError = output
            process.standardInput = FileHandle.nullDevice
            try process.run()
            try? output.fileHandleForWriting.close()
            let data = output.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            let code = process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
            return Exit(code: code, output: String(decoding: data, as: UTF8.self))
        }
    }

    func open() async throws -> TestConnection {
        let (port, address) = (port, address)
        return try await blocking {
            try address.hasPrefix("/") ? TestConnection(unix: address) : TestConnection(port: port)
        }
    }

    /// One request on a connection of its own.
    func send(
        _ path: String, _ body: String, token: String? = Execd.token, headers: [String] = []
    ) async throws -> TestReply {
        let connection = try await open()
        try await connection.write(TestRequest(path, body: Array(body.utf8), token: token, headers: headers).bytes)
        return try await connection.reply()
    }

    func get(_ path: String, token: String? = Execd.token) async throws -> TestReply {
        let connection = try await open()
        try await connection.write(TestRequest(path, method: "GET", token: token).bytes)
        return try await connection.reply()
    }

    func write(_ path: String, _ bytes: [UInt8], headers: [String] = []) async throws -> TestReply {
        let connection = try await open()
        let header = "X-Path-B64: " + Data(path.utf8).base64EncodedString()
        try await connection.write(
            TestRequest("/v1/write", body: bytes, token: Self.token, headers: [header] + headers).bytes)
        return try await connection.reply()
    }

    /// The process's own numbers from /proc/PID/status, in KiB.
    func status(_ name: String) throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        for line in text.split(separator: "\n") where line.hasPrefix(name + ":") {
            return line.split(whereSeparator: { !$0.isNumber }).compactMap { Int($0) }.first ?? -1
        }
        return -1
    }
}
