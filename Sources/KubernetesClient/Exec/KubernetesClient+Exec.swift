import HTTPTransport
import Logging

extension KubernetesClient {
    /// Runs a command in a container over a WebSocket of its own.
    ///
    /// Cancelling the task closes the connection, which does *not* end the command in the pod. Some execs freeze when
    /// their pod is deleted: watch the pod and cancel. A command that ends without reading its stdin can freeze the exec
    /// or break its connection, too (seen with 1.20 and containerd): send none that is not read, and keep a deadline.
    ///
    /// `stdin`: nil for a command without stdin. Otherwise called once, after the upgrade and before the first byte is
    /// sent, with the protocol agreed on; what it returns is sent, and the end of stdin where the protocol can.
    ///
    /// `sizes`: what the size of `request.terminal` becomes; not used without a terminal.
    ///
    /// `onOutput`: awaited piece by piece; meanwhile the command's output waits in the cluster.
    ///
    /// Returns how the command ended. All of its output has been handed over by then.
    ///
    /// Throws `outcomeUnknown` when the connection ended without a word about the command; the server's refusal
    /// (`notFound`, `forbidden`, `badRequest`, `subprotocolRefused`, …) and failures to connect, after which nothing
    /// has run; `cancelled`.
    package func exec(
        _ request: ExecRequest,
        stdin: (@Sendable (ExecProtocol) async throws(KubernetesError) -> [UInt8])? = nil,
        sizes: AsyncStream<TerminalSize>? = nil,
        onOutput: @escaping @Sendable (ExecOutput) async throws(KubernetesError) -> Void
    ) async throws(KubernetesError) -> ExecStatus {
        try await exec(request, timing: ExecTiming(), stdin: stdin, sizes: sizes, onOutput: onOutput)
    }

    func exec(
        _ request: ExecRequest, timing: ExecTiming,
        stdin: (@Sendable (ExecProtocol) async throws(KubernetesError) -> [UInt8])?,
        sizes: AsyncStream<TerminalSize>? = nil,
        onOutput: @escaping @Sendable (ExecOutput) async throws(KubernetesError) -> Void
    ) async throws(KubernetesError) -> ExecStatus {
        // A terminal without stdin is something that kubectl never asks for; 1.20 with containerd loses its output.
        let message = try apiRequest(request, hasStdin: stdin != nil || request.terminal != nil)
        let opened = try await open(message, timing)
        let session = ExecSession(opened, operation: message.operation, timing: timing, onOutput: onOutput)
        let result: Result<ExecStatus, KubernetesError> = await session.run(
            stdin: stdin, terminal: request.terminal, sizes: sizes)
        await opened.connection.close()
        return try result.get()
    }

    /// Connects until the server agrees. Repeated where nothing has run for certain: the server has refused in so many
    /// words, or was not reached.
    private func open(
        _ message: APIRequest, _ timing: ExecTiming
    ) async throws(KubernetesError) -> WebSocketConnector.Opened {
        let deadline = ContinuousClock.now + Self.execOpeningLimit
        var policy = RetryPolicy()
        var generator = SystemRandomNumberGenerator()
        while true {
            let failure: KubernetesError
            do throws(KubernetesError) {
                return try await openWebSocket(message, for: .exec, timing: timing)
            } catch {
                failure = error
            }
            // An API server's refusal takes the place of the upgrade, without which no command starts. Words without
            // a reason come from the node: it has looked, and will say the same again.
            guard
                let delay = policy.delay(
                    after: failure, isRead: failure.kind == .server && !failure.reason.isEmpty,
                    remaining: ContinuousClock.now.duration(to: deadline), using: &generator)
            else { throw failure }
            logger.debug(
                "exec is tried again", metadata: ["operation": "\(message.operation)", "error": "\(failure.message)"])
            do {
                try await Task.sleep(for: delay)
            } catch {
                throw .cancelled(message.operation)
            }
        }
    }

    /// How long refusals are met with another try; the caller's own deadline counts besides.
    private static let execOpeningLimit = Duration.seconds(30)

    private func apiRequest(_ request: ExecRequest, hasStdin: Bool) throws(KubernetesError) -> APIRequest {
        var message = try APIRequest.pods(
            "exec in", namespace: request.namespace, name: request.pod, subresource: "exec")
        guard Names.isLabel(request.container) else {
            throw .invalidArgument("\(message.operation): \"\(request.container)\" is not a valid container name")
        }
        guard request.command.first?.isEmpty == false, !request.command.contains(where: { $0.utf8.contains(0) }) else {
            throw .invalidArgument("\(message.operation): the command must name a program and hold no NUL")
        }
        // The node answers, and refuses to be told JSON (406).
        message.accept = "*/*"
        message.query = [("container", request.container)]
        message.query += request.command.map { ("command", $0) }
        if hasStdin { message.query.append(("stdin", "true")) }
        message.query.append(("stdout", "true"))
        // With a terminal there is one output, and servers refuse or drop a request for stderr.
        message.query.append(request.terminal == nil ? ("stderr", "true") : ("tty", "true"))
        return message
    }
}
