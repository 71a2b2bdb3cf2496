package import HTTPTransport

/// Requests to an HTTP server in a pod, by way of the API server's `pods/proxy`: it reaches pods by their IP, and asks
/// for `get` and `create` on `pods/proxy` for GET and POST.
///
/// The server in the pod sees neither `Authorization`, which the API server removes, nor hop-by-hop headers. Every
/// request's URL is in the cluster's audit log.
package struct PodProxy: HTTPExchange {
    private let client: KubernetesClient
    private let request: APIRequest
    private let marker: String

    /// `marker`: a header that the server in the pod puts on all its answers. An answer without it that is a failed
    /// Status is the API server's own.
    ///
    /// Throws `invalidArgument` for names that no pod can have.
    package init(
        client: KubernetesClient, namespace: String, pod: String, port: Int, marker: String
    ) throws(KubernetesError) {
        var request = try APIRequest.pods("reach through the API server", namespace: namespace, name: pod)
        // With the scheme: RBAC's resourceNames compare the whole segment.
        request.segments[request.segments.count - 1] = "http:\(pod):\(port)"
        request.segments.append("proxy")
        self.client = client
        self.request = request
        self.marker = marker
    }

    /// The URL's path and query are for the server in the pod; its host is of no account.
    ///
    /// Throws `proxy` where the API server refused, or did not reach the pod.
    package func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        do {
            return try await attempt(request) { message in
                let response = try await client.http.send(message)
                if let error = refusal(response.head, response.body) { throw error }
                return response
            }
        } catch {
            throw error as? HTTPError ?? HTTPError(.system, "\(error)", requestMayHaveReachedServer: true)
        }
    }

    /// As `send`. An answer that is no success is handed over in one piece, at most 64 KiB of it.
    package func stream(
        _ request: HTTPRequest, onHead: (HTTPResponseHead) async throws -> Void,
        onChunk: ([UInt8]) async throws -> Void
    ) async throws -> HTTPResponseHead {
        try await attempt(request) { message in
            var withheld: [UInt8]?
            let head = try await client.http.stream(message) { head in
                guard head.status >= 400, head.headers[marker] == nil else { return try await onHead(head) }
                withheld = []
            } onChunk: { bytes in
                guard let part = withheld else { return try await onChunk(bytes) }
                withheld = part + bytes.prefix(max(0, HTTPAnswerReader.maximumBytes - part.count))
            }
            guard let body = withheld else { return head }
            if let error = refusal(head, body) { throw error }
            try await onHead(head)
            try await onChunk(body)
            return head
        }
    }

    /// Sends with the present credentials, and again with fresh ones where the API server did not take them.
    private func attempt<Value: Sendable>(
        _ request: HTTPRequest, _ send: (HTTPRequest) async throws -> Value
    ) async throws -> Value {
        let path = try HTTPTarget(url: request.url).path
        var original: (any Error)?
        do {
            return try await client.withCredentials { (used) async throws(KubernetesError) in
                var message = client.httpRequest(self.request, with: used)
                message.method = request.method
                message.url = client.configuration.server.url(path: self.request.target + path)
                // The API server would take the pod's credentials for ours.
                for field in request.headers.fields where field.name.lowercased() != "authorization" {
                    message.headers[field.name] = field.value
                }
                message.body = request.body
                message.timeout = request.timeout
                message.idleTimeout = request.idleTimeout
                message.maximumBodyBytes = request.maximumBodyBytes
                message.repeatable = request.repeatable
                do {
                    return try await send(message)
                } catch let error as KubernetesError {
                    original = nil
                    throw error
                } catch {
                    original = error
                    throw KubernetesError(wrapping: error, operation: self.request.operation)
                }
            }
        } catch {
            if let original { throw original }
            throw HTTPError(.proxy, error.message, requestMayHaveReachedServer: error.requestMayHaveReachedServer)
        }
    }

    /// The API server's own words, for an answer that has not come from the pod.
    private func refusal(_ head: HTTPResponseHead, _ body: [UInt8]) -> KubernetesError? {
        guard head.status >= 400, head.headers[marker] == nil, StatusObject.parse(body)?.status == "Failure" else {
            return nil
        }
        var error = KubernetesError.refusal(head: head, body: body, operation: request.operation)
        // A 5xx comes of the way to the pod, and only a connection that was never made is certain to have carried
        // nothing (Go's net package: "dial tcp 10.0.0.1:8080: …"). All else is refused before the pod is asked.
        error.requestMayHaveReachedServer = head.status >= 500 && !error.message.contains(": dial ")
        return error
    }
}
