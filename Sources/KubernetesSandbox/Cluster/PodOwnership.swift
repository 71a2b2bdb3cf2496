package import KubernetesClient
package import SandboxCore

/// Whose a pod is, by its own labels and annotations.
package struct PodOwnership: Hashable, Sendable {
    package var instance: String?
    package var nonce: String?
    package var sessionID: SessionID?
    package var generation: Int?
    /// The label by which a session's pods are found; derived from its id.
    package var sessionDigest: String?
    package var isManaged: Bool
    package var isReleased: Bool

    package init(_ pod: Pod) {
        let (labels, annotations) = (pod.metadata.labels, pod.metadata.annotations)
        isManaged = labels[PodIdentity.managedByLabel] == PodIdentity.managedBy
        isReleased = labels[PodIdentity.releasedLabel] != nil
        instance = labels[PodIdentity.instanceLabel]
        sessionDigest = labels[PodIdentity.sessionLabel]
        nonce = annotations[PodIdentity.nonceAnnotation]
        sessionID = annotations[PodIdentity.sessionAnnotation].flatMap { try? SessionID(stored: $0) }
        generation = annotations[PodIdentity.generationAnnotation].flatMap { Int($0) }
    }

    /// Where the session's label and annotation disagree, as a sentence.
    package func fault(instance: String) -> String? {
        guard let sessionID, sessionDigest != PodIdentity.digest(instance: instance, sessionID) else { return nil }
        return "\(PodIdentity.sessionLabel) is \(sessionDigest ?? "missing") and not that of session '\(sessionID)'"
    }

    /// All three of label, instance and nonce: nothing less lets the daemon touch a pod that it knows only by name.
    package func isOurs(instance: String, nonce: String) -> Bool {
        isManaged && !isReleased && self.instance == instance && self.nonce == nonce
    }
}
