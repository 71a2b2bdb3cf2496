import KubernetesClient
package import SandboxCore
package import SessionManager

extension KubernetesProvider {
    package func relabel(_ claim: SandboxClaim, info: SandboxInfo) async throws(SandboxError) {
        guard let (space, pod) = try await find(name: info.name, uid: info.uid, namespace: info.namespace) else {
            return
        }
        try await relabel(pod, in: space, for: claim)
    }

    /// To no effect where the pod says so already.
    func relabel(_ pod: Pod, in space: PodSpace, for claim: SandboxClaim) async throws(SandboxError) {
        let identity = identity(of: claim, in: space.namespace)
        // The profile's and the template's labels win over a session's own, as in a pod that is made for it.
        let own = claim.labels.filter { pod.metadata.labels[$0.key] == nil }
        var annotations = identity.annotations
        annotations[PodIdentity.createdAnnotation] = nil
        let (labels, notes) = (pod.metadata.labels, pod.metadata.annotations)
        guard
            identity.labels.contains(where: { labels[$0.key] != $0.value })
                || annotations.contains(where: { notes[$0.key] != $0.value })
        else { return }
        do throws(KubernetesError) {
            _ = try await space.client.patchPod(
                namespace: space.namespace, name: pod.name, uid: pod.uid,
                labels: own.merging(identity.labels) { _, ours in ours }, annotations: annotations)
        } catch {
            guard error.kind != .notFound, error.kind != .conflict else { return }
            throw SandboxError(error)
        }
    }

    package func shape(ofProfile profile: String) -> String {
        // A profile of which no pod can be made was refused at the start.
        (try? profiles[profile]?.shape()) ?? ""
    }

    package func check(labels: [String: String], environment: [String: String]) throws(SandboxError) {
        try KubernetesProfile.validate(labels: labels, of: "labels")
        try KubernetesProfile.validate(env: environment, of: "env")
    }
}
