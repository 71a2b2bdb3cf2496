import FoundationEssentials
import HTTPTransport

extension KubernetesClient {
    /// Creates a pod from a JSON manifest.
    ///
    /// Not repeated after a lost answer: the manifest should carry a name and a nonce, so that the caller can look with
    /// `getPod` whether the pod is there and its own (`KubernetesError.advice` is `verifyThenRetry`).
    ///
    /// `namespace`: must be the manifest's own, if that has one.
    ///
    /// Returns the pod after defaulting and admission.
    ///
    /// Throws `alreadyExists`, `conflict` (quota race), `forbidden` (quota, admission, RBAC), `invalid`, …
    package func createPod(
        namespace: String, manifest: [UInt8], timeout: Duration = KubernetesClient.defaultTimeout
    ) async throws(KubernetesError) -> Pod {
        var request = try APIRequest.pods("create", namespace: namespace)
        request.operation = "create pod in \(namespace)"
        request.method = "POST"
        // Strict: a misspelt field is an error here, not a surprise later. Servers before 1.25 ignore the parameter.
        request.query = [("fieldManager", fieldManager), ("fieldValidation", "Strict")]
        request.body = manifest
        request.isRepeatable = false
        request.attemptTimeout = APIRequest.mutationTimeout
        return try identified(try await fetch(Pod.self, request, timeout: timeout), request)
    }

    /// - Throws: `notFound` when no pod has the name.
    package func getPod(
        namespace: String, name: String, timeout: Duration = KubernetesClient.defaultTimeout
    ) async throws(KubernetesError) -> Pod {
        let request = try APIRequest.pods("get", namespace: namespace, name: name)
        return try identified(try await fetch(Pod.self, request, timeout: timeout), request)
    }

    /// All pods with the labels, page by page: nobody has to hold them all at once.
    ///
    /// `labelSelector`: as the API takes it, `a=b,c`; empty for all.
    ///
    /// `resourceVersion`: empty for the most recent state, `0` for whatever the server's cache has (which may be old),
    /// or one that the answer must be at least as fresh as.
    ///
    /// `onPage`: with `isFirst` also where the list had to begin anew: what came before is void then.
    ///
    /// Returns the resource version at which the list is true, where a watch goes on from.
    ///
    /// Throws `gone` when the version is too old.
    package func listPods(
        namespace: String, labelSelector: String = "", resourceVersion: String = "",
        timeout: Duration = KubernetesClient.defaultTimeout, onPage: (_ pods: [Pod], _ isFirst: Bool) -> Void
    ) async throws(KubernetesError) -> String {
        let deadline = ContinuousClock.now + timeout
        do {
            return try await listPods(
                namespace: namespace, labelSelector: labelSelector, resourceVersion: resourceVersion,
                deadline: deadline, onPage: onPage)
        } catch {
            // A continue token lives five minutes at most; a list that outlived it starts over, once.
            guard error.kind == .gone, resourceVersion.isEmpty else { throw error }
        }
        return try await listPods(
            namespace: namespace, labelSelector: labelSelector, resourceVersion: "", deadline: deadline,
            onPage: onPage)
    }

    private func listPods(
        namespace: String, labelSelector: String, resourceVersion: String, deadline: ContinuousClock.Instant,
        onPage: (_ pods: [Pod], _ isFirst: Bool) -> Void
    ) async throws(KubernetesError) -> String {
        var version = ""
        var token = ""
        var isFirst = true
        repeat {
            var request = try APIRequest.pods("list", namespace: namespace)
            request.purpose = .sweep
            request.query = [("limit", "500")]
            if !labelSelector.isEmpty { request.query.append(("labelSelector", labelSelector)) }
            if !token.isEmpty {
                // A continued list goes on at the version it began with; naming one as well is an error.
                request.query.append(("continue", token))
            } else if !resourceVersion.isEmpty {
                request.query.append(("resourceVersion", resourceVersion))
                request.query.append(("resourceVersionMatch", "NotOlderThan"))
            }
            request.maximumBodyBytes = 128 << 20
            request.acceptsGzip = true
            let page = try await fetch(
                ListPage<Pod>.self, request, timeout: ContinuousClock.now.duration(to: deadline))
            guard page.kind == "PodList" else {
                throw KubernetesError(.malformedResponse, "\(request.operation): the answer is no PodList")
            }
            onPage(page.items.filter { !$0.uid.isEmpty && !$0.name.isEmpty }, isFirst)
            isFirst = false
            version = page.resourceVersion
            token = page.continueToken
        } while !token.isEmpty
        return version
    }

    /// Asks for one pod, whichever: returns when the server answers and allows it. A full list would cost as much as
    /// there are pods.
    package func probePods(
        namespace: String, timeout: Duration = KubernetesClient.defaultTimeout
    ) async throws(KubernetesError) {
        var request = try APIRequest.pods("list", namespace: namespace)
        request.query = [("limit", "1")]
        let page = try await fetch(ListPage<Pod>.self, request, timeout: timeout)
        guard page.kind == "PodList" else {
            throw KubernetesError(.malformedResponse, "\(request.operation): the answer is no PodList")
        }
    }

    /// What became of a deletion.
    package enum Deletion: Hashable, Sendable {
        /// The object still exists, its `deletionTimestamp` set; it is gone when a get or the watch says so.
        case underWay(Pod)
        /// No object of that UID exists any more.
        case gone
    }

    /// Deletes the pod of this UID and no other that may have taken its name since.
    ///
    /// `gracePeriodSeconds`: nil for the pod's own. 0 removes the object at once, while the containers may still run on
    /// a node that does not answer.
    package func deletePod(
        namespace: String, name: String, uid: String, gracePeriodSeconds: Int? = nil,
        timeout: Duration = KubernetesClient.defaultTimeout
    ) async throws(KubernetesError) -> Deletion {
        var request = try APIRequest.pods("delete", namespace: namespace, name: name)
        guard !uid.isEmpty else { throw .invalidArgument("\(request.operation): its UID must be given") }
        request.method = "DELETE"
        request.purpose = .sweep
        request.attemptTimeout = APIRequest.mutationTimeout
        request.body = try encode(
            DeleteOptions(gracePeriodSeconds: gracePeriodSeconds, preconditions: .init(uid: uid)), request)
        do {
            let response = try await perform(request, timeout: timeout)
            let pod = try? JSONDecoder().decode(Pod.self, from: Data(response.body))
            // Without a grace period to wait for, the server answers with a Status or with the last state.
            guard let pod, pod.uid == uid, pod.isTerminating else {
                return try await isGone(namespace: namespace, name: name, uid: uid, timeout: timeout)
            }
            return .underWay(pod)
        } catch {
            if error.kind == .notFound || error.meaning == .uidMismatch { return .gone }
            throw error
        }
    }

    private func isGone(
        namespace: String, name: String, uid: String, timeout: Duration
    ) async throws(KubernetesError) -> Deletion {
        let pod = try await getPod(namespace: namespace, name: name, timeout: timeout)
        return pod.uid == uid ? .underWay(pod) : .gone
    }

    /// Sets labels and annotations (JSON merge patch, RFC 7396); a nil value removes one.
    ///
    /// `uid`: the patch fails with `conflict` if the name belongs to another pod now.
    package func patchPod(
        namespace: String, name: String, uid: String, labels: [String: String?] = [:],
        annotations: [String: String?] = [:], timeout: Duration = KubernetesClient.defaultTimeout
    ) async throws(KubernetesError) -> Pod {
        var request = try APIRequest.pods("patch", namespace: namespace, name: name)
        request.method = "PATCH"
        request.contentType = "application/merge-patch+json"
        request.query = [("fieldManager", fieldManager)]
        request.attemptTimeout = APIRequest.mutationTimeout
        // A UID cannot be changed, so naming it makes the patch fail on any other pod.
        let metadata = MetadataPatch(uid: uid, labels: labels, annotations: annotations)
        request.body = try encode(["metadata": metadata], request)
        do {
            return try identified(try await fetch(Pod.self, request, timeout: timeout), request)
        } catch {
            // Older servers call it an invalid field, newer ones a failed precondition.
            guard error.kind == .invalid, error.causes.contains(where: { $0.field == "metadata.uid" }) else {
                throw error
            }
            var conflict = error
            conflict.kind = .conflict
            throw conflict
        }
    }

    func encode(_ value: some Encodable, _ request: APIRequest) throws(KubernetesError) -> [UInt8] {
        do {
            return [UInt8](try JSONEncoder().encode(value))
        } catch {
            throw .invalidArgument("\(request.operation): cannot be written as JSON: \(error)")
        }
    }

    private func identified(_ pod: Pod, _ request: APIRequest) throws(KubernetesError) -> Pod {
        guard !pod.uid.isEmpty, !pod.name.isEmpty else {
            throw KubernetesError(.malformedResponse, "\(request.operation): the answer has no name and UID")
        }
        return pod
    }
}

private struct DeleteOptions: Encodable {
    struct Preconditions: Encodable { var uid: String }

    var apiVersion = "v1"
    var kind = "DeleteOptions"
    var gracePeriodSeconds: Int?
    var propagationPolicy = "Background"
    var preconditions: Preconditions
}

private struct MetadataPatch: Encodable {
    var uid: String
    /// A nil value is written as null: the merge patch's word for "remove".
    var labels: [String: String?]
    var annotations: [String: String?]
}
