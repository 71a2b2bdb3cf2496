import Foundation
import HTTPTransport
import Testing

/// All tests of this target run one after another: they look at descriptors and threads of the whole process.
@Suite(.serialized, .timeLimit(.minutes(1)))
enum Transport {
    static func withClient<Value>(
        _ configuration: HTTPClientConfiguration = HTTPClientConfiguration(),
        _ body: (HTTPClient) async throws -> Value
    ) async throws -> Value {
        let client = try HTTPClient(configuration: configuration)
        do {
            let value = try await body(client)
            await client.shutdown()
            return value
        } catch {
            await client.shutdown()
            throw error
        }
    }

    /// A client and a server; both are gone afterwards.
    static func with<Value>(
        _ server: ScriptedServer,
        configuration: HTTPClientConfiguration = HTTPClientConfiguration(),
        _ body: (HTTPClient) async throws -> Value
    ) async throws -> Value {
        defer { server.stop() }
        return try await withClient(configuration, body)
    }

    /// The error of a call that must fail.
    static func failure<Value>(
        _ call: () async throws -> Value, _ location: SourceLocation = #_sourceLocation
    ) async throws -> HTTPError {
        do {
            _ = try await call()
        } catch let error as HTTPError {
            return error
        }
        Issue.record("The call should have failed", sourceLocation: location)
        throw CancellationError()
    }

    static func expect<Value>(
        _ code: HTTPError.Code, _ location: SourceLocation = #_sourceLocation, _ call: () async throws -> Value
    ) async throws {
        let error = try await failure(call, location)
        #expect(error.code == code, sourceLocation: location)
    }

    static func temporaryDirectory() throws -> URL {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("pk-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        return directory
    }
}
