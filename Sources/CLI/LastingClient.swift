import ControlAPI
import ControlClient
import Foundation
import JSONRPC

/// The daemon, for a command that goes on while it is restarted: a question that finds no connection makes another one.
actor LastingClient {
    enum Answer<Value: Sendable>: Sendable {
        case value(Value)
        /// Nobody has answered since then; why not, this time.
        case silence(since: Timestamp, reason: String)
    }

    private let path: String
    private let now: @Sendable () -> Date
    private var client: ControlClient?
    private var hasAnswered = false
    private var silentSince: Timestamp?

    init(_ context: CommandContext) {
        path = context.socket
        now = context.terminal.now
        client = context.client
    }

    /// One question at a time. Throws what does not pass by itself, and whatever keeps the first question from being
    /// answered.
    func ask<Value: Sendable>(
        _ question: @Sendable (ControlClient) async throws -> Value
    ) async throws -> Answer<Value> {
        let asked = Timestamp(now())
        do {
            let value = try await question(try await connected())
            (hasAnswered, silentSince) = (true, nil)
            return .value(value)
        } catch  where hasAnswered && Outage.isPassing(error) {
            // Without a use for the next question, except where the daemon itself has answered.
            if !(error is RPCError) { client = nil }
            let since = silentSince ?? asked
            silentSince = since
            return .silence(since: since, reason: Printable.text(Problem(error).message))
        }
    }

    /// A silence in words.
    static func note(_ since: Timestamp, _ reason: String) -> String {
        "podkeeperd has not answered since \(since.text): \(reason)"
    }

    private func connected() async throws -> ControlClient {
        if let client { return client }
        let made = try await ControlClient.connect(path: path)
        client = made
        return made
    }
}
