import HTTPTransport
import KubernetesClient

/// Moves bytes between one connection of the HTTP client and one port-forward, a piece at a time each way, so that
/// whoever does not read holds up the other side and nobody else. After an error it ends: the HTTP client dials anew.
struct PortTunnel: Sendable {
    /// Between pings, and between looks whether the tunnel is still wanted. Below the usual idle limits, 60 s.
    private static let pingInterval = Duration.seconds(20)
    /// Kept connections of a pod without a request for so long are closed, at the next look.
    private static let idleLimit = Duration.seconds(40)
    private static let pieceBytes = 32_768
    /// From the upgrade to the first byte sent, where nobody is known to listen. A node that cannot connect says so within
    /// a millisecond or two; but a runtime that has been sent something meanwhile closes with it unread, and the reset
    /// mostly overtakes what it said (seen with containerd 1.6).
    private static let refusalTime = Duration.milliseconds(20)

    let client: KubernetesClient
    let http: HTTPClient
    let namespace: String
    let pod: String
    let port: Int
    let dialer: HTTPDialer
    let connection: DialledConnection
    let history: PortHistory

    func run() async {
        let local: UpgradedConnection
        do {
            local = try await http.accept(connection)
        } catch {
            return connection.fail(error)
        }
        do throws(KubernetesError) {
            guard let remote = try await open() else { return await local.close() }
            let failure = await pump(local, remote)
            // First why, then the end that makes the HTTP client ask.
            if let failure {
                history.isAnswering = false
                connection.fail(Self.error(failure))
            }
            await local.close()
            await remote.close()
        } catch {
            connection.fail(HTTPError(error.kind == .cancelled ? .shutdown : .connect, error.message))
            await local.close()
        }
    }

    // MARK: - Opening

    private enum Opening: Sendable {
        case opened(ForwardedPort)
        case failed(KubernetesError)
        case abandoned
    }

    /// Nil when the transfer that dialled has given up meanwhile.
    private func open() async throws(KubernetesError) -> ForwardedPort? {
        let opening = await withTaskGroup(of: Opening.self) { group in
            group.addTask {
                do throws(KubernetesError) {
                    return .opened(try await client.forwardPort(port, namespace: namespace, pod: pod))
                } catch {
                    return .failed(error)
                }
            }
            group.addTask {
                for await _ in connection.abandonment {}
                return .abandoned
            }
            var first = await group.next() ?? .abandoned
            group.cancelAll()
            // The abandonment also ends with our own cancellation; what was opened all the same must not be lost.
            if case .abandoned = first, case .opened(let remote)? = await group.next() { first = .opened(remote) }
            return first
        }
        switch opening {
        case .opened(let remote): return remote
        case .failed(let error): throw error
        case .abandoned: return nil
        }
    }

    // MARK: - Pumping

    private enum Event: Sendable {
        /// The HTTP client has closed, or is done with the connection.
        case done
        /// The server in the pod has closed.
        case ended
        case failed(KubernetesError)
        /// Nothing can be sent to the pod; what it has said before is still to come.
        case deaf
    }

    private func pump(_ local: UpgradedConnection, _ remote: ForwardedPort) async -> KubernetesError? {
        await withTaskGroup(of: Event.self) { group in
            group.addTask { await up(local, remote) }
            group.addTask { await down(remote, local) }
            group.addTask {
                await remote.keepAlive(every: Self.pingInterval) { dialer.idleTime < Self.idleLimit }
                return dialer.idleTime < Self.idleLimit ? .deaf : .done
            }
            for await event in group {
                switch event {
                case .deaf: continue
                case .done, .ended: group.cancelAll()
                case .failed(let error):
                    group.cancelAll()
                    return error
                }
                return nil
            }
            return nil
        }
    }

    private func up(_ local: UpgradedConnection, _ remote: ForwardedPort) async -> Event {
        if !history.isAnswering, (try? await Task.sleep(for: Self.refusalTime)) == nil { return .done }
        while let bytes = try? await local.receive(maximum: Self.pieceBytes), !bytes.isEmpty {
            guard connection.beginForwarding() else { return .done }
            guard (try? await remote.send(bytes)) != nil else { return .deaf }
        }
        return .done
    }

    private func down(_ remote: ForwardedPort, _ local: UpgradedConnection) async -> Event {
        while true {
            let bytes: [UInt8]
            do throws(KubernetesError) {
                bytes = try await remote.receive()
            } catch {
                return .failed(error)
            }
            guard !bytes.isEmpty else { return .ended }
            history.isAnswering = true
            guard (try? await local.send(bytes)) != nil else { return .done }
        }
    }

    private static func error(_ error: KubernetesError) -> HTTPError {
        guard error.kind != .cancelled else {
            return HTTPError(.shutdown, error.message, requestMayHaveReachedServer: true)
        }
        // Bytes were sent on, or may have been, unless the node says that it had nobody to give them to.
        let isLost = error.kind != .portUnreachable || error.requestMayHaveReachedServer
        var failure = HTTPError(isLost ? .reset : .connect, error.message, requestMayHaveReachedServer: isLost)
        failure.wasRefused = !isLost && error.message.lowercased().contains("connection refused")
        return failure
    }
}
