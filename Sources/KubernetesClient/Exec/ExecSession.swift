import HTTPTransport
import Synchronization

/// The conversation of one exec after the upgrade: reads until the server has said how the command ended, while stdin
/// and pings go the other way.
final class ExecSession: Sendable {
    /// Payload of a frame; client-go's size. A frame delays a pong by no more than this.
    static let maximumStdinBytes = 32_768

    private enum Channel {
        static let stdin: UInt8 = 0
        static let stdout: UInt8 = 1
        static let stderr: UInt8 = 2
        static let status: UInt8 = 3
        static let resize: UInt8 = 4
        static let close: UInt8 = 255
    }

    private struct State {
        var lastByteAt = ContinuousClock.now
        /// Waiting for bytes, not for the consumer of the output: only then does silence mean anything.
        var isReceiving = false
        var isSilent = false
        var stdinFailure: String?
        var isWritingStdin = false
    }

    private let connection: UpgradedConnection
    private let agreed: ExecProtocol
    private let surplus: [UInt8]
    private let operation: String
    private let timing: ExecTiming
    private let onOutput: @Sendable (ExecOutput) async throws(KubernetesError) -> Void
    private let state = Mutex(State())
    /// Payloads of pings to answer. Only the newest counts (RFC 6455, section 5.5.3).
    private let pings = AsyncStream.makeStream(of: [UInt8].self, bufferingPolicy: .bufferingNewest(1))

    init(
        _ opened: WebSocketConnector.Opened, operation: String, timing: ExecTiming,
        onOutput: @escaping @Sendable (ExecOutput) async throws(KubernetesError) -> Void
    ) {
        connection = opened.connection
        agreed = ExecProtocol(rawValue: opened.agreed) ?? .v4
        surplus = opened.surplus
        self.operation = operation
        self.timing = timing
        self.onOutput = onOutput
    }

    private typealias Outcome = Result<ExecStatus, KubernetesError>

    func run(
        stdin: (@Sendable (ExecProtocol) async throws(KubernetesError) -> [UInt8])?, terminal: TerminalSize?,
        sizes: AsyncStream<TerminalSize>?
    ) async -> Result<ExecStatus, KubernetesError> {
        await withTaskGroup(of: Outcome?.self) { group in
            group.addTask { await self.capture { () async throws(KubernetesError) in try await self.read() } }
            group.addTask {
                await self.ping(endsOnSilence: stdin == nil)
                return nil
            }
            group.addTask {
                await self.answerPings()
                return nil
            }
            if let terminal {
                group.addTask {
                    await self.resize(from: terminal, sizes)
                    return nil
                }
            }
            if let stdin {
                group.addTask {
                    do throws(KubernetesError) {
                        try await self.write(try await stdin(self.agreed))
                        return nil
                    } catch {
                        // The caller's own refusal ends everything.
                        return .failure(error)
                    }
                }
            }
            for await outcome in group {
                guard let outcome else { continue }
                if case .success = outcome { await self.sayGoodbye() }
                group.cancelAll()
                return outcome
            }
            return .failure(self.unknown("the conversation ended"))
        }
    }

    private func capture(_ body: () async throws(KubernetesError) -> ExecStatus) async -> Outcome {
        do throws(KubernetesError) {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }

    // MARK: From the server

    private func read() async throws(KubernetesError) -> ExecStatus {
        var reader = WebSocketReader(surplus: surplus)
        var collector = ExecStatusCollector()
        while true {
            if let status = try await handleBuffered(&reader, &collector) {
                // v5: the API server sends the status after all output. v4: the runtime decides; read to the end.
                if agreed == .v4 { try await drain(&reader) }
                return status
            }
            let bytes = try await receive()
            guard !bytes.isEmpty else { throw unknown("the connection ended") }
            reader.append(bytes)
        }
    }

    /// - Returns: the status, once it is complete; what follows it stays in the reader.
    private func handleBuffered(
        _ reader: inout WebSocketReader, _ collector: inout ExecStatusCollector
    ) async throws(KubernetesError) -> ExecStatus? {
        while let event = try next(&reader) {
            switch event {
            case .message(let bytes):
                guard bytes.first == Channel.status else {
                    try await deliver(bytes)
                    continue
                }
                if let status = try collector.append(Array(bytes.dropFirst()), operation: operation) { return status }
            case .ping(let payload): pings.continuation.yield(payload)
            case .pong: continue
            case .close(let code):
                throw unknown("the server closed the WebSocket (\(code.map(String.init) ?? "no code"))")
            }
        }
        return nil
    }

    /// Output that comes after the status, until the server closes or the time is over.
    private func drain(_ reader: inout WebSocketReader) async throws(KubernetesError) {
        let end = ContinuousClock.now + timing.drain
        while true {
            while let event = try? next(&reader) {
                switch event {
                case .message(let bytes): try await deliver(bytes)
                case .ping(let payload): pings.continuation.yield(payload)
                case .pong: continue
                case .close: return
                }
            }
            let remaining = ContinuousClock.now.duration(to: end)
            guard remaining > .zero else { return }
            let bytes: [UInt8]
            do throws(KubernetesError) {
                bytes = try await withDeadline(remaining, orThrow: KubernetesError(.timeout, "")) {
                    () async throws(KubernetesError) in try await self.receive()
                }
            } catch {
                guard error.kind != .cancelled || !Task.isCancelled else { throw error }
                return
            }
            guard !bytes.isEmpty else { return }
            reader.append(bytes)
        }
    }

    private func next(_ reader: inout WebSocketReader) throws(KubernetesError) -> WebSocketReader.Event? {
        do {
            return try reader.next()
        } catch {
            throw unknown(error.message)
        }
    }

    /// Hands output to the consumer. An empty message only says that the channel is there; unknown channels and v5's
    /// close messages say nothing that is needed here.
    private func deliver(_ message: [UInt8]) async throws(KubernetesError) {
        guard message.count > 1, let channel = message.first else { return }
        switch channel {
        case Channel.stdout: try await onOutput(.stdout(Array(message.dropFirst())))
        case Channel.stderr: try await onOutput(.stderr(Array(message.dropFirst())))
        default: return
        }
    }

    private func receive() async throws(KubernetesError) -> [UInt8] {
        state.withLock { state in
            state.isReceiving = true
            state.lastByteAt = .now
        }
        defer { state.withLock { $0.isReceiving = false } }
        do {
            return try await connection.receive(maximum: 65_536)
        } catch {
            if Task.isCancelled { throw .cancelled(operation) }
            throw unknown(
                state.withLock { $0.isSilent } ? "no byte for \(timing.silence)" : error.message)
        }
    }

    private func unknown(_ what: String) -> KubernetesError {
        let stdin = state.withLock { $0.stdinFailure }.map { "; sending stdin failed: \($0)" } ?? ""
        return KubernetesError(
            .outcomeUnknown, "\(operation): \(what) before the server said how the command ended\(stdin)")
    }

    // MARK: To the server

    private func write(_ bytes: [UInt8]) async throws(KubernetesError) {
        state.withLock { $0.isWritingStdin = true }
        var start = 0
        do throws(HTTPError) {
            while start < bytes.count {
                let end = min(start + Self.maximumStdinBytes, bytes.count)
                try await send([Channel.stdin] + bytes[start..<end])
                start = end
            }
            if agreed.supportsHalfClose { try await send([Channel.close, Channel.stdin]) }
            state.withLock { $0.isWritingStdin = false }
        } catch {
            // A command may end without reading its stdin; whether that matters, the status tells.
            state.withLock { $0.stdinFailure = error.message }
        }
    }

    private func send(_ message: [UInt8]) async throws(HTTPError) {
        try await connection.send(WebSocketFrame.encode(.binary, message))
    }

    /// Beside the reading: an answer waits behind stdin that the command does not take, perhaps because nobody reads its
    /// output meanwhile.
    private func answerPings() async {
        for await payload in pings.stream {
            // A connection that cannot be written to shows on the reading side.
            guard (try? await connection.send(WebSocketFrame.encode(.pong, payload))) != nil else { return }
        }
    }

    private func resize(from first: TerminalSize, _ sizes: AsyncStream<TerminalSize>?) async {
        guard (try? await send([Channel.resize] + first.message)) != nil, let sizes else { return }
        for await size in sizes {
            guard (try? await send([Channel.resize] + size.message)) != nil else { return }
        }
    }

    /// Keeps middleboxes from closing an idle connection. Where the command has no stdin, every ping is answered by a
    /// living server; with stdin the server may be stuck on a full pipe, its pongs behind it, and silence says nothing.
    private func ping(endsOnSilence: Bool) async {
        while (try? await Task.sleep(for: timing.pingInterval)) != nil {
            let isSilent = state.withLock { state in
                state.isSilent =
                    endsOnSilence && state.isReceiving
                    && state.lastByteAt.duration(to: .now) >= timing.silence
                return state.isSilent
            }
            guard !isSilent else { return await connection.close() }
            guard (try? await connection.send(WebSocketFrame.encode(.ping, []))) != nil else { return }
        }
    }

    private func sayGoodbye() async {
        // Behind stdin that the command never read, the frame would wait for ever, be the stdin here or in the kernel.
        guard !state.withLock({ $0.isWritingStdin }) else { return }
        let connection = connection
        try? await withDeadline(timing.goodbye, orThrow: unknown("the goodbye was not taken")) {
            () async throws(KubernetesError) in
            // 1000, normal closure; the server drops the connection in answer, and so do we.
            try? await connection.send(WebSocketFrame.encode(.close, [0x03, 0xE8]))
        }
    }
}
