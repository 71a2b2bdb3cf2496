import HTTPTransport
import Synchronization

/// One TCP connection to a port of a pod, as a byte stream over a WebSocket of its own: a reader that does not read, or
/// an error, is no other connection's business.
///
/// Neither side can close one direction alone. Nothing is buffered but the message at hand.
package final class ForwardedPort: Sendable {
    /// Payload of a frame; client-go's size.
    private static let maximumFrameBytes = 32_768
    private static let dataChannel: UInt8 = 0

    private struct State {
        var reader: PortForwardReader
        var hasEnded = false
    }

    private let connection: UpgradedConnection
    private let operation: String
    private let timing: ExecTiming
    private let state: Mutex<State>
    /// What the server's pings want back. Answered beside the reading, which must not wait for a server that takes
    /// nothing; of many only the last matters (RFC 6455, section 5.5.3).
    private let pings: AsyncStream<[UInt8]>
    private let ping: AsyncStream<[UInt8]>.Continuation

    init(_ opened: WebSocketConnector.Opened, port: UInt16, operation: String, timing: ExecTiming) {
        connection = opened.connection
        self.operation = operation
        self.timing = timing
        state = Mutex(State(reader: PortForwardReader(port: port, surplus: opened.surplus)))
        (pings, ping) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Waits for bytes from the pod. Only one call at a time.
    ///
    /// Returns none at the end of the connection.
    ///
    /// Throws `portUnreachable` with the node's words, `transport` when the WebSocket broke, `malformedResponse`,
    /// `cancelled`.
    package func receive() async throws(KubernetesError) -> [UInt8] {
        while true {
            while let event = try nextEvent() {
                switch event {
                case .data(let bytes): return bytes
                case .end:
                    state.withLock { $0.hasEnded = true }
                    return []
                case .ping(let payload): ping.yield(payload)
                case .failure(let text): throw unreachable(text)
                }
            }
            let bytes: [UInt8]
            do throws(HTTPError) {
                bytes = try await connection.receive()
            } catch {
                throw KubernetesError(error, operation: operation)
            }
            guard !bytes.isEmpty else {
                throw KubernetesError(.transport, "\(operation): the WebSocket ended without being closed")
            }
            state.withLock { $0.reader.append(bytes) }
        }
    }

    /// Returns when all bytes are handed to the kernel; a pod that does not read makes it wait.
    ///
    /// Throws `transport`, `cancelled`; some of the bytes may be on their way then, and the connection is of no use.
    package func send(_ bytes: [UInt8]) async throws(KubernetesError) {
        var rest = bytes[...]
        do throws(HTTPError) {
            while !rest.isEmpty {
                let message = [Self.dataChannel] + rest.prefix(Self.maximumFrameBytes)
                try await connection.send(WebSocketFrame.encode(.binary, message))
                rest = rest.dropFirst(Self.maximumFrameBytes)
            }
        } catch {
            throw KubernetesError(error, operation: operation)
        }
    }

    /// Answers pings, and sends some so that no middlebox takes the connection for dead, until `isWanted` says no, the
    /// connection breaks or the task is cancelled. That no pong comes says nothing: behind bytes that the pod does not
    /// read, none can.
    package func keepAlive(every interval: Duration, while isWanted: @escaping @Sendable () -> Bool) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await payload in self.pings {
                    guard (try? await self.connection.send(WebSocketFrame.encode(.pong, payload))) != nil else {
                        return
                    }
                }
            }
            group.addTask {
                while (try? await Task.sleep(for: interval)) != nil, isWanted() {
                    guard (try? await self.connection.send(WebSocketFrame.encode(.ping, []))) != nil else { return }
                }
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// Closes the connection, in the pod too. May be called more than once.
    package func close() async {
        let connection = connection
        if !state.withLock({ $0.hasEnded }) {
            // Behind bytes that the pod does not take, the frame would wait for ever.
            try? await withDeadline(timing.goodbye, orThrow: .cancelled(operation)) {
                () async throws(KubernetesError) in
                // 1000, normal closure.
                try? await connection.send(WebSocketFrame.encode(.close, [0x03, 0xE8]))
            }
        }
        await connection.close()
    }

    private func nextEvent() throws(KubernetesError) -> PortForwardReader.Event? {
        do throws(WebSocketReader.Violation) {
            return try state.withLock { (state) throws(WebSocketReader.Violation) -> PortForwardReader.Event? in
                try state.reader.next()
            }
        } catch {
            throw KubernetesError(.malformedResponse, "\(operation): \(error.message)")
        }
    }

    private func unreachable(_ text: String) -> KubernetesError {
        var error = KubernetesError(.portUnreachable, "\(operation): \(text.withoutControls)")
        // The words of Go's dialer, with which containerd, CRI-O and dockershim's socat begin or end a failure to
        // connect; others come of a connection that was there.
        let text = text.lowercased()
        let neverConnected = ["connection refused", "failed to connect", "failed to dial", "no route to host"]
        let hasData = state.withLock { $0.reader.hasData }
        error.requestMayHaveReachedServer = hasData || !neverConnected.contains { text.contains($0) }
        return error
    }
}
