import FoundationEssentials
import HTTPTransport

extension KubernetesClient {
    /// Events about the pod of this UID, oldest first, at most 500.
    ///
    /// Needs the right to list events; diagnostics should do without where that is missing (`forbidden`).
    package func listEvents(
        namespace: String, podUID: String, timeout: Duration = .seconds(10)
    ) async throws(KubernetesError) -> [ClusterEvent] {
        var request = try APIRequest.pods("list events of", namespace: namespace)
        request.operation = "list events in \(namespace)"
        request.segments = ["api", "v1", "namespaces", namespace, "events"]
        request.query = [("fieldSelector", "involvedObject.uid=\(podUID)"), ("limit", "500")]
        let page = try await fetch(ListPage<ClusterEvent>.self, request, timeout: timeout)
        // RFC 3339 in UTC sorts as text.
        return page.items.sorted { $0.lastSeen < $1.lastSeen }
    }

    /// The last lines that a container wrote, at most 64 KiB of them.
    ///
    /// `container`: empty for a pod's only one.
    ///
    /// Throws `badRequest` while the container has not started.
    package func podLogs(
        namespace: String, name: String, container: String = "", tailLines: Int = 20, timeout: Duration = .seconds(10)
    ) async throws(KubernetesError) -> String {
        var request = try APIRequest.pods("read the log of", namespace: namespace, name: name, subresource: "log")
        request.query = [("tailLines", String(tailLines)), ("limitBytes", "65536")]
        if !container.isEmpty { request.query.append(("container", container)) }
        request.accept = "*/*"
        let response = try await perform(request, timeout: timeout)
        return String(decoding: response.body, as: UTF8.self)
    }

    package func serverVersion(timeout: Duration = .seconds(30)) async throws(KubernetesError) -> ServerVersion {
        let request = APIRequest(operation: "ask the server for its version", segments: ["version"])
        return try await fetch(ServerVersion.self, request, timeout: timeout)
    }
}
