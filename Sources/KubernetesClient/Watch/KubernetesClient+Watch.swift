import FoundationEssentials
import HTTPTransport
import Logging

extension KubernetesClient {
    /// One watch, until the server ends it, which it does after `duration`.
    ///
    /// `resourceVersion`: of the list before it, or of the last event seen. Never empty or `0`: deletions would be
    /// missed.
    ///
    /// `duration`: asked of the server; `patience` after it the connection counts as dead (`timeout`).
    ///
    /// `onEvent`: awaited event by event; TCP stops the server meanwhile. What it throws ends the watch.
    ///
    /// Throws `gone` when the version is too old, and every other error of the server, be it the HTTP answer or an
    /// ERROR event.
    package func watchPods(
        namespace: String, labelSelector: String = "", resourceVersion: String, duration: Duration = .seconds(300),
        patience: Duration = .seconds(30), onEvent: (WatchEvent) async throws -> Void
    ) async throws(KubernetesError) {
        var request = try APIRequest.pods("watch", namespace: namespace)
        guard !resourceVersion.isEmpty, resourceVersion != "0" else {
            throw .invalidArgument("\(request.operation): a watch must start at the version of a list")
        }
        request.query = [
            ("watch", "1"), ("resourceVersion", resourceVersion), ("allowWatchBookmarks", "true"),
            ("timeoutSeconds", String(duration.components.seconds)),
        ]
        if !labelSelector.isEmpty { request.query.append(("labelSelector", labelSelector)) }
        request.attemptTimeout = duration + patience
        request.purpose = .sweep
        let message = request
        try await withCredentials { (used) async throws(KubernetesError) in
            try await watchOnce(message, used: used, onEvent: onEvent)
        }
    }

    private func watchOnce(
        _ request: APIRequest, used: CredentialSource.Snapshot, onEvent: (WatchEvent) async throws -> Void
    ) async throws(KubernetesError) {
        try await waitForTurn(request, deadline: .now + request.attemptTimeout)
        let operation = request.operation
        var hasAnswer = false
        var refusal: HTTPResponseHead?
        var refusalBody: [UInt8] = []
        var splitter = LineSplitter()
        do {
            _ = try await http.stream(httpRequest(request, with: used)) { head in
                hasAnswer = true
                requests.count(request, status: head.status)
                if head.status != 200 { refusal = head }
            } onChunk: { chunk in
                guard refusal == nil else {
                    refusalBody += chunk.prefix(65_536 - refusalBody.count)
                    return
                }
                for line in try splitter.append(chunk) {
                    guard let event = try WatchEvent.parse(line, operation: operation) else {
                        logger.debug("watch event of unknown type is skipped")
                        continue
                    }
                    try await onEvent(event)
                }
            }
        } catch {
            if !hasAnswer { requests.count(request, status: nil) }
            // A refusal whose body breaks off is still that refusal.
            guard refusal != nil else { throw KubernetesError(wrapping: error, operation: operation) }
        }
        if let refusal { throw KubernetesError.refusal(head: refusal, body: refusalBody, operation: operation) }
    }
}
