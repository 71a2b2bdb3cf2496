import SandboxCore
import Synchronization

/// One upload between its calls. Its task holds a lease on the session until the upload is committed or dropped.
final class Upload: Sendable {
    private enum State {
        case beginning
        /// The sandbox's own id for it.
        case open(String)
        /// A call is adding bytes, or commits.
        case busy(String)
        case over
    }

    let sessionID: String
    let request: UploadRequest
    /// The user who may go on with it.
    let uid: UInt32
    private let state = Mutex(State.beginning)
    private let beginning = AsyncStream.makeStream(
        of: Result<Void, SandboxError>.self, bufferingPolicy: .bufferingNewest(1))
    private let ending = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    init(sessionID: String, request: UploadRequest, uid: UInt32) {
        self.sessionID = sessionID
        self.request = request
        self.uid = uid
    }

    /// Begins, and returns when the upload is over; drops it when the task is cancelled before.
    func run(in sandbox: any Sandbox) async throws(SandboxError) {
        let id = try await sandbox.beginUpload(request)
        state.withLock { $0 = .open(id) }
        beginning.continuation.yield(.success(()))
        for await _ in ending.stream {}
        let isOver = state.withLock { state in
            defer { state = .over }
            if case .over = state { return true }
            return false
        }
        guard !isOver else { return }
        // This task is cancelled, which would cancel the request too: hence one of its own, which ends before this does.
        await Task { _ = try? await sandbox.dropUpload(id) }.value
    }

    /// It did not begin, or its session is gone.
    func fail(_ error: SandboxError) {
        state.withLock { $0 = .over }
        beginning.continuation.yield(.failure(error))
        beginning.continuation.finish()
    }

    /// Returns once the sandbox takes bytes.
    func begun() async throws(SandboxError) {
        for await result in beginning.stream { return try result.get() }
        throw .cancelled
    }

    func append(_ bytes: [UInt8], in sandbox: any Sandbox) async throws(SandboxError) -> Int64 {
        let id = try take()
        defer { state.withLock { if case .busy = $0 { $0 = .open(id) } } }
        return try await sandbox.appendUpload(id, bytes, offset: nil)
    }

    /// Whatever comes of it, the upload is over.
    func commit(in sandbox: any Sandbox) async throws(SandboxError) -> TransferResult {
        let id = try take()
        do throws(SandboxError) {
            let result = try await sandbox.commitUpload(id)
            state.withLock { $0 = .over }
            ending.continuation.finish()
            return result
        } catch {
            ending.continuation.finish()
            throw error
        }
    }

    private func take() throws(SandboxError) -> String {
        let id: String? = state.withLock { state in
            guard case .open(let id) = state else { return nil }
            state = .busy(id)
            return id
        }
        guard let id else {
            throw SandboxError(.conflict, "another call of this upload is under way: send one after another")
        }
        return id
    }
}
