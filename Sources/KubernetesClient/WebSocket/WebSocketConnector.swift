import HTTPTransport

/// Opens the WebSocket of an exec or of a port-forward.
struct WebSocketConnector {
    struct Opened: Sendable {
        var connection: UpgradedConnection
        /// One of those offered.
        var agreed: String
        /// Frames that came in one read with the head.
        var surplus: [UInt8]
    }

    let client: KubernetesClient
    let timing: ExecTiming
    let purpose: WebSocketPurpose

    /// - Throws: what the server refuses with. Then, and after a failure to connect, nothing has run.
    func open(
        _ request: APIRequest, with credentials: CredentialSource.Snapshot
    ) async throws(KubernetesError) -> Opened {
        var message = client.httpRequest(request, with: credentials)
        message.timeout = timing.connect
        let connection: UpgradedConnection
        do {
            connection = try await client.http.upgrade(message)
        } catch {
            client.requests.count(request, status: nil)
            throw KubernetesError(error, operation: request.operation)
        }
        do throws(KubernetesError) {
            let opened = try await shakeHands(on: connection, message, operation: request.operation)
            client.requests.count(request, status: 101)
            return opened
        } catch {
            client.requests.count(request, status: error.httpStatus)
            await connection.close()
            throw error
        }
    }

    private func shakeHands(
        on connection: UpgradedConnection, _ message: HTTPRequest, operation: String
    ) async throws(KubernetesError) -> Opened {
        let handshake = WebSocketHandshake(purpose: purpose)
        let bytes = handshake.request(target: connection.target, fields: message.headers.fields)
        let reader = try await withDeadline(
            timing.answer, orThrow: unanswered(operation, "no answer within \(timing.answer)")
        ) { () async throws(KubernetesError) in
            do throws(HTTPError) {
                try await connection.send(bytes)
            } catch {
                throw unanswered(operation, error.message)
            }
            return try await readHead(connection, operation: operation)
        }
        guard let head = reader.head else { throw unanswered(operation, "no answer") }
        guard head.status == 101 else { throw await refusal(reader, head, connection, operation: operation) }
        let agreed = try handshake.check(head, operation: operation)
        return Opened(connection: connection, agreed: agreed, surplus: reader.surplus)
    }

    private func readHead(
        _ connection: UpgradedConnection, operation: String
    ) async throws(KubernetesError) -> HTTPAnswerReader {
        var reader = HTTPAnswerReader()
        while reader.head == nil {
            let bytes: [UInt8]
            do throws(HTTPError) {
                bytes = try await connection.receive(maximum: 65_536)
            } catch {
                throw unanswered(operation, error.message)
            }
            guard !bytes.isEmpty else { throw unanswered(operation, "the connection was closed") }
            do {
                try reader.append(bytes)
            } catch {
                throw unanswered(operation, "the answer is not HTTP/1.1")
            }
        }
        return reader
    }

    /// The request is on its way and its answer lost: what it asked for may have begun all the same.
    private func unanswered(_ operation: String, _ what: String) -> KubernetesError {
        Task.isCancelled
            ? .cancelled(operation)
            : KubernetesError(
                .outcomeUnknown, "\(operation): the upgrade was not answered (\(what))\(purpose.lossNote)")
    }

    private func refusal(
        _ start: HTTPAnswerReader, _ head: HTTPResponseHead, _ connection: UpgradedConnection, operation: String
    ) async -> KubernetesError {
        // However little of the body comes: the status code alone is an answer.
        let body =
            try? await withDeadline(timing.refusalBody, orThrow: KubernetesError(.timeout, "")) {
                () async throws(KubernetesError) in
                var reader = start
                while !reader.isBodyComplete, let bytes = try? await connection.receive(maximum: 65_536),
                    !bytes.isEmpty
                {
                    guard (try? reader.append(bytes)) != nil else { break }
                }
                return reader.body
            }
        // Nothing speaks against us but the protocol list: RBAC's 403 carries a Status.
        if head.status == 403, (body ?? start.body).isEmpty {
            return KubernetesError(
                .subprotocolRefused,
                "\(operation): the server speaks none of \(purpose.protocols.joined(separator: " and "))",
                httpStatus: 403)
        }
        var error = KubernetesError.refusal(head: head, body: body ?? start.body, operation: operation)
        if error.kind == .forbidden, error.message.contains(purpose.resource) {
            error.message += " (the role needs both get and create on \(purpose.resource))"
        }
        return error
    }
}
