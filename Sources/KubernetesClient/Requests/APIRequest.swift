/// One request to the API, before credentials and retries.
struct APIRequest: Sendable {
    /// What is being done to what, for messages: `create pod agents/x`.
    var operation: String
    var method = "GET"
    /// Path segments, not yet encoded.
    var segments: [String]
    var query: [(name: String, value: String)] = []
    var body: [UInt8]?
    var contentType = "application/json"
    var accept = "application/json"
    /// The server may see it twice without harm: reads, and mutations bound to a UID.
    var isRepeatable = true
    var purpose = RequestBudget.Purpose.interactive
    /// The longest that one attempt may take. The API server gives up on mutations after 34 s and on everything else
    /// after 60 s by default; ours must be longer, or its answer is never seen.
    var attemptTimeout = Duration.seconds(65)
    var maximumBodyBytes = 16 << 20
    /// Lists may be large; API servers compress what is above 128 KiB for those who take it.
    var acceptsGzip = false

    /// Path and query as they go into the URL.
    var target: String {
        let path = segments.map { "/" + PercentEncoding.encode($0) }.joined()
        guard !query.isEmpty else { return path }
        let pairs = query.map { PercentEncoding.encode($0.name) + "=" + PercentEncoding.encode($0.value) }
        return path + "?" + pairs.joined(separator: "&")
    }

    static let mutationTimeout = Duration.seconds(40)

    /// `/api/v1/namespaces/{namespace}/pods[/{name}[/{subresource}]]`
    ///
    /// - Throws: `invalidArgument` for names that Kubernetes could never have given.
    static func pods(
        _ operation: String, namespace: String, name: String? = nil, subresource: String? = nil
    ) throws(KubernetesError) -> APIRequest {
        guard Names.isLabel(namespace) else {
            throw .invalidArgument("\(operation): \"\(namespace)\" is not a valid namespace name (RFC 1123 label)")
        }
        var segments = ["api", "v1", "namespaces", namespace, "pods"]
        if let name {
            guard Names.isSubdomain(name) else {
                throw .invalidArgument("\(operation): \"\(name)\" is not a valid pod name (RFC 1123 subdomain)")
            }
            segments.append(name)
        }
        if let subresource { segments.append(subresource) }
        let subject = name.map { "pod \(namespace)/\($0)" } ?? "pods in \(namespace)"
        return APIRequest(operation: "\(operation) \(subject)", segments: segments)
    }
}
