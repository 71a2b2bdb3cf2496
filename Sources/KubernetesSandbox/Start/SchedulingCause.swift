/// What the scheduler and the kubelet's admission say.
enum SchedulingCause {
    private static let mismatches = [
        "didn't match Pod's node affinity", "didn't match node selector", "didn't match pod affinity",
        "node(s) had taint", "node(s) had untolerated taint", "didn't match pod topology",
        "no nodes available to schedule pods", "persistentvolumeclaim",
    ]

    /// True where every node is ruled out by something other than lack of room.
    static func isMismatch(_ message: String) -> Bool {
        // "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) …": with one full node the wait is for room. The taints
        // of the node controller (node.kubernetes.io/not-ready, …/memory-pressure, …) and of a cloud's
        // (node.cloudprovider.kubernetes.io/…) go as they came.
        !message.contains("Insufficient ") && !message.contains("Too many pods")
            && !message.contains("node.kubernetes.io/") && !message.contains("cloudprovider.kubernetes.io/")
            && mismatches.contains { message.contains($0) }
    }

    /// The node refused the pod before any of it ran (pkg/kubelet/lifecycle/predicate.go).
    static func isRejection(_ reason: String) -> Bool {
        reason.hasPrefix("OutOf") || rejections.contains(reason)
    }

    private static let rejections: Set<String> = [
        "NodeAffinity", "UnexpectedAdmissionError", "TopologyAffinityError", "SysctlForbidden", "AppArmor",
        "PodOSNotSupported", "NodePorts", "Preempting",
    ]
}
