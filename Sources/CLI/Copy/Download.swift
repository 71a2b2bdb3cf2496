import ControlAPI
import ControlClient
import Foundation
import SandboxCore
import Synchronization

/// Bytes on their way out of a sandbox.
struct Download: Sendable {
    let context: CommandContext
    let params: SandboxDownload.Params
    let name: String
    let total: Int64?

    private enum Part: Sendable {
        case followed
        case result(SandboxDownload.Result)
    }

    /// Hands everything to `write` as it comes. Throws when it was not all, or is not what the sandbox has sent.
    func perform(_ write: @escaping @Sendable ([UInt8]) throws -> Void) async throws {
        let notifications = context.client.notifications()
        let received = Received(bar: ProgressBar(name: name, total: total, terminal: context.terminal))
        var result: SandboxDownload.Result?
        try await withThrowingTaskGroup(of: Part.self) { group in
            group.addTask {
                for await notification in notifications where notification.method == FileData.name {
                    try received.take(try notification.decode(FileData.self), write)
                }
                return .followed
            }
            group.addTask { .result(try await context.client.call(SandboxDownload.self, params)) }
            for try await part in group {
                guard case .result(let end) = part else { continue }
                result = end
                // All data came before the response: what has not been taken yet still is.
                group.cancelAll()
            }
        }
        let (count, digest) = received.finish()
        guard let result, count == result.size, digest == result.sha256 else {
            throw CLIError(
                "what came is not what the sandbox sent: \(count) of \(result?.size ?? 0) bytes, SHA-256 \(digest)",
                hint: "copy it again")
        }
    }
}

/// What has come of a download so far.
private final class Received: Sendable {
    private struct State {
        var hasher = SHA256Hasher()
        var count: Int64 = 0
        var bar: ProgressBar
    }

    private let state: Mutex<State>

    init(bar: ProgressBar) { state = Mutex(State(bar: bar)) }

    func take(_ piece: FileData, _ write: ([UInt8]) throws -> Void) throws {
        let bytes = Array(Data(base64Encoded: piece.dataBase64) ?? Data())
        try write(bytes)
        try state.withLock { state in
            guard piece.offset == state.count else {
                throw CLIError("bytes were lost on the way: \(state.count) came before those from \(piece.offset)")
            }
            state.hasher.update(bytes)
            state.count += Int64(bytes.count)
            state.bar.add(bytes.count)
        }
    }

    func finish() -> (count: Int64, sha256: String) {
        state.withLock { state in
            state.bar.finish()
            return (state.count, state.hasher.finalize().map { String(format: "%02x", $0) }.joined())
        }
    }
}
