extension KubernetesClient {
    /// Opens a connection to a port on the pod's loopback, by way of the API server and the node.
    ///
    /// Does not reach pods of runtimes that keep their own network stack, such as gVisor and Kata: there the node
    /// connects outside of it.
    ///
    /// That it returns does not mean that the port answers: the node connects afterwards, and what becomes of that
    /// `receive` says.
    ///
    /// Throws the server's refusal (`notFound`, `forbidden`, …), failures to connect, `outcomeUnknown` for an upgrade
    /// without an answer, `cancelled`. In no case has anything been sent to the pod.
    package func forwardPort(
        _ port: Int, namespace: String, pod: String
    ) async throws(KubernetesError) -> ForwardedPort {
        try await forwardPort(port, namespace: namespace, pod: pod, timing: ExecTiming())
    }

    func forwardPort(
        _ port: Int, namespace: String, pod: String, timing: ExecTiming
    ) async throws(KubernetesError) -> ForwardedPort {
        var request = try APIRequest.pods(
            "forward port \(port) of", namespace: namespace, name: pod, subresource: "portforward")
        guard let number = UInt16(exactly: port), number > 0 else {
            throw .invalidArgument("\(request.operation): a port is 1 to 65535")
        }
        // The node answers, and refuses to be told JSON (406).
        request.accept = "*/*"
        request.query = [("ports", String(number))]
        let opened = try await openWebSocket(request, for: .portForward, timing: timing)
        return ForwardedPort(opened, port: number, operation: request.operation, timing: timing)
    }
}
