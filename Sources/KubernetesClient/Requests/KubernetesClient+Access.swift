import FoundationEssentials
import HTTPTransport

extension KubernetesClient {
    /// Whether whoever this client is may do that (SelfSubjectAccessReview): every authenticated user may ask.
    ///
    /// `resource`: of the core group, with its subresource, such as `pods/exec`.
    package func isAllowed(
        _ verb: String, _ resource: String, namespace: String, timeout: Duration = .seconds(10)
    ) async throws(KubernetesError) -> Bool {
        let names = resource.split(separator: "/").map(String.init)
        var request = APIRequest(
            operation: "ask whether \(verb) \(resource) is allowed in \(namespace)",
            segments: ["apis", "authorization.k8s.io", "v1", "selfsubjectaccessreviews"])
        request.method = "POST"
        request.body = try encode(
            AccessReview(
                spec: .init(
                    resourceAttributes: .init(
                        namespace: namespace, verb: verb, resource: names.first ?? "",
                        subresource: names.count > 1 ? names[1] : nil))), request)
        return try await fetch(AccessReview.Answer.self, request, timeout: timeout).status.allowed
    }
}

private struct AccessReview: Encodable {
    struct Spec: Encodable {
        struct Attributes: Encodable {
            var namespace: String
            var verb: String
            var group = ""
            var resource: String
            var subresource: String?
        }

        var resourceAttributes: Attributes
    }

    struct Answer: Decodable {
        struct Status: Decodable { var allowed: Bool }

        var status: Status
    }

    var apiVersion = "authorization.k8s.io/v1"
    var kind = "SelfSubjectAccessReview"
    var spec: Spec
}
