import Glibc
import JSONRPC
import Logging

extension ReactorLoop {
    /// Reads once, at most a buffer full: who sends much does not hold up the others.
    mutating func read(_ client: Client, _ key: UInt64) {
        let connection = client.connection
        let count = buffer.withUnsafeMutableBytes { recv(connection.descriptor, $0.baseAddress, $0.count, 0) }
        switch count {
        case 0:
            connection.endInput()
        case 1...:
            take(count, of: client)
        default:
            // Reported again, if it was nothing lasting.
            guard Errno.current != EAGAIN, Errno.current != EINTR else { return }
            close(key)
        }
    }

    private mutating func take(_ count: Int, of client: Client) {
        let connection = client.connection
        let before = client.framer.bufferedBytes
        let events = buffer.withUnsafeBufferPointer {
            client.framer.append(UnsafeBufferPointer(rebasing: $0[..<count]))
        }
        partialBytes += client.framer.bufferedBytes - before
        for event in events {
            switch event {
            case .line(let line):
                take(RPCLine(decoding: line, maximumBatch: reactor.limits.maximumBatch), from: connection)
            case .tooLong(let beginning):
                let limit = reactor.limits.maximumMessageBytes
                let error = RPCError.tooLarge("a message may have \(limit) bytes", limit: limit)
                answer(JSONRPCID(ofMessageStarting: beginning), error, to: connection, batch: nil)
            }
        }
        let held = client.framer.bufferedBytes
        guard held > 0, !reactor.load.hasRoom(partialBytes: partialBytes) else { return }
        let beginning = client.framer.skipLine()
        partialBytes -= held
        let error = RPCError.overloaded("the daemon holds too many large messages at once", retryAfter: 1)
        answer(JSONRPCID(ofMessageStarting: beginning), error, to: connection, batch: nil)
    }

    private mutating func take(_ line: RPCLine, from connection: Connection) {
        switch line {
        case .single(let message):
            take(message, from: connection, batch: nil)
        case .batch(let messages):
            let expected = messages.count { $0.expectsResponse }
            let batch =
                expected == 0
                ? nil : BatchResponder(expected: expected, maximumBytes: reactor.limits.maximumMessageBytes)
            for message in messages { take(message, from: connection, batch: batch) }
        }
    }

    private mutating func take(_ message: RPCMessage, from connection: Connection, batch: BatchResponder?) {
        switch message {
        case .request(let request):
            take(request, from: connection, batch: request.id == nil ? nil : batch)
        case .response:
            let error = RPCError.invalidRequest("a response was sent, but the daemon sends no requests")
            answer(.null, error, to: connection, batch: batch)
        case .invalid(let error, let id):
            answer(id, error, to: connection, batch: batch)
        }
    }

    private mutating func take(_ request: RPCRequest, from connection: Connection, batch: BatchResponder?) {
        if request.id == nil, request.method == CancelRequestParams.method {
            guard let params = try? ParamsDecoder.decode(CancelRequestParams.self, from: request.params) else { return }
            connection.cancelCall(params.id)
            return
        }
        let error: RPCError
        if reactor.phase != .serving {
            error = .draining("the daemon is stopping")
        } else if let id = request.id, let line = immediateAnswer(to: request, id: id, connection) {
            return send(line, of: id, to: connection, batch: batch)
        } else {
            switch connection.admit(request, batch: batch, partialBytes: partialBytes) {
            case .admitted(let call):
                // Has room for every call that the load admits.
                reactor.intake.yield(.call(call))
                return
            case .refused(let refusal):
                error = refusal
            }
        }
        guard let id = request.id else {
            reactor.logger.debug("notification \(Excerpt.of(request.method)) not served: \(error)")
            return
        }
        answer(id, error, to: connection, batch: batch)
    }

    /// What needs neither store nor backend is answered here: handing it to a task and back would cost more than the
    /// answer. Nil for everything else, and where the connection's queue is full: a task waits for room, this cannot.
    private func immediateAnswer(to request: RPCRequest, id: JSONRPCID, _ connection: Connection) -> [UInt8]? {
        guard connection.takesAnswerNow(to: id) else { return nil }
        let context = ControlCall(peer: connection.peer, requestID: id, connection: connection)
        return reactor.router.answerNow(request, id: id, context: context).map { connection.bounded($0, id: id) }
    }

    private mutating func answer(_ id: JSONRPCID, _ error: RPCError, to connection: Connection, batch: BatchResponder?)
    {
        send(RPCWriter.response(id: id, .failure(error)), of: id, to: connection, batch: batch)
    }

    private mutating func send(
        _ line: [UInt8], of id: JSONRPCID, to connection: Connection, batch: BatchResponder?
    ) {
        let complete = if let batch { batch.add(line, id: id) } else { line }
        if let complete, connection.sendNow(complete) { answered.append(connection) }
    }
}

extension RPCMessage {
    /// All but notifications.
    fileprivate var expectsResponse: Bool {
        if case .request(let request) = self { return request.id != nil }
        return true
    }
}
