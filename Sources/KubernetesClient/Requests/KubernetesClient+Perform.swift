import FoundationEssentials
import HTTPTransport
import Logging
import Synchronization

extension KubernetesClient {
    /// Sends a request until it is answered, as `RetryPolicy` says and no longer than `timeout` in all.
    ///
    /// A 401 has the credentials taken anew, a failed handshake the certificates; if they have changed, the attempt is
    /// repeated once.
    func perform(_ request: APIRequest, timeout: Duration) async throws(KubernetesError) -> HTTPResponse {
        let deadline = ContinuousClock.now + timeout
        var policy = RetryPolicy()
        var generator = SystemRandomNumberGenerator()
        while true {
            let error: KubernetesError
            do {
                return try await withCredentials { (used) async throws(KubernetesError) in
                    try await attempt(request, with: used, deadline: deadline)
                }
            } catch let failure {
                error = failure
            }
            guard
                let delay = policy.delay(
                    after: error, isRead: request.method == "GET",
                    remaining: ContinuousClock.now.duration(to: deadline),
                    using: &generator)
            else { throw error }
            logger.debug(
                "request is repeated",
                metadata: ["operation": "\(request.operation)", "delay": "\(delay)", "error": "\(error.message)"])
            do {
                try await Task.sleep(for: delay)
            } catch {
                throw .cancelled(request.operation)
            }
        }
    }

    /// Runs one attempt with the present credentials, and once more where others are at hand than those that failed.
    func withCredentials<Value: Sendable>(
        _ attempt: (CredentialSource.Snapshot) async throws(KubernetesError) -> Value
    ) async throws(KubernetesError) -> Value {
        let used = try await credentials.snapshot()
        show(used)
        do {
            return try await attempt(used)
        } catch {
            guard let fresh = await credentials.refreshed(after: error, used: used) else { throw error }
            show(fresh)
            return try await attempt(fresh)
        }
    }

    /// A certificate that was replaced is not to be used any more, not even by connections that were made with it.
    private func show(_ credentials: CredentialSource.Snapshot) {
        let certificate = credentials.endpoint.tls?.clientCertificatePEM
        let isReplaced = shownCertificate.withLock { shown in
            defer { shown = certificate }
            return shown != nil && shown != certificate
        }
        if isReplaced { http.renewConnections() }
    }

    /// Waits until the client-side rate limit lets the request go.
    ///
    /// - Throws: `timeout` where its turn comes after the deadline, `cancelled`.
    func waitForTurn(
        _ request: APIRequest, deadline: ContinuousClock.Instant
    ) async throws(KubernetesError) {
        let delay = budget.take(request.purpose)
        guard delay > .zero else { return }
        guard ContinuousClock.now + delay < deadline else {
            throw KubernetesError(.timeout, "\(request.operation): too many requests are waiting to be sent")
        }
        do {
            try await Task.sleep(for: delay)
        } catch {
            throw .cancelled(request.operation)
        }
    }

    private func attempt(
        _ request: APIRequest, with used: CredentialSource.Snapshot, deadline: ContinuousClock.Instant
    ) async throws(KubernetesError) -> HTTPResponse {
        try await waitForTurn(request, deadline: deadline)
        var message = httpRequest(request, with: used)
        let remaining = ContinuousClock.now.duration(to: deadline)
        guard remaining > .zero else {
            throw KubernetesError(.timeout, "\(request.operation): no time left to send the request")
        }
        message.timeout = min(request.attemptTimeout, remaining)
        let response: HTTPResponse
        do {
            response = try await http.send(message)
        } catch {
            requests.count(request, status: nil)
            throw KubernetesError(error, operation: request.operation)
        }
        requests.count(request, status: response.status)
        for text in warnings.news(in: response.headers) {
            logger.info("the API server warns", metadata: ["operation": "\(request.operation)", "warning": "\(text)"])
        }
        if let error = KubernetesError.of(response, operation: request.operation) { throw error }
        return response
    }

    /// Performs a request and decodes its answer.
    func fetch<T: Decodable & Sendable>(
        _ type: T.Type, _ request: APIRequest, timeout: Duration
    ) async throws(KubernetesError) -> T {
        let response = try await perform(request, timeout: timeout)
        do {
            return try JSONDecoder().decode(type, from: Data(response.body))
        } catch {
            throw KubernetesError(
                .malformedResponse,
                "\(request.operation): the answer (HTTP \(response.status), \(response.body.count) bytes) is not what "
                    + "the API promises", httpStatus: response.status)
        }
    }
}
