extension KubernetesClient {
    /// Throws what the server refuses with, and what `WebSocketConnector` says of an upgrade without an answer.
    func openWebSocket(
        _ request: APIRequest, for purpose: WebSocketPurpose, timing: ExecTiming
    ) async throws(KubernetesError) -> WebSocketConnector.Opened {
        let connector = WebSocketConnector(client: self, timing: timing, purpose: purpose)
        return try await withCredentials { (used) async throws(KubernetesError) in
            try await connector.open(request, with: used)
        }
    }
}
