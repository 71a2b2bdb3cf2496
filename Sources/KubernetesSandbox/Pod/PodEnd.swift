package import KubernetesClient
package import SandboxCore
package import SessionManager

/// Why a pod is at its end, in the cluster's own word. Nil for a pod about which the cluster has not said so.
package struct PodEnd: Hashable, Sendable {
    package var reason: GoneReason
    /// The cluster's own reason: `Evicted`, `OOMKilled`, `Deleted`, …
    package var reasonText: String
    /// One sentence, safe to print.
    package var detail: String
    /// The container that ended it, as far as one is known.
    package var container: String?
    /// Of that container.
    package var exitCode: Int?

    /// `container` is the one that the sandbox is; nil takes them all.
    package init?(of pod: Pod, container: String?) {
        guard pod.isTerminating || pod.phase == "Failed" || pod.phase == "Succeeded" else { return nil }
        let termination = Self.termination(of: pod, container: container)
        let disruption = pod.condition("DisruptionTarget").flatMap { $0.status == "True" ? $0 : nil }
        let (reason, text): (GoneReason, String) =
            if let known = Self.reasons[pod.reason] {
                (known, pod.reason)
            } else if let condition = disruption {
                (Self.disruptions[condition.reason] ?? .evicted, condition.reason)
            } else if termination?.1.reason == "OOMKilled" {
                (.oomKilled, "OOMKilled")
            } else if pod.isTerminating {
                (.deleted, "Deleted")
            } else {
                (.failed, [pod.reason, termination?.1.reason ?? "", pod.phase].first { !$0.isEmpty } ?? "Failed")
            }
        let words = [
            pod.message, disruption?.message ?? "",
            termination.map { Self.sentence(of: $0.0, $0.1) } ?? "",
        ].filter { !$0.isEmpty }
        self.reason = reason
        self.container = termination?.0
        exitCode = termination.map { Int($0.1.exitCode) }
        reasonText = ClusterText.clean(text, limit: 128)
        detail = ClusterText.clean(
            words.isEmpty
                ? (pod.isTerminating ? "the pod was deleted" : "the pod ended (\(pod.phase))")
                : words.joined(separator: "; "),
            limit: 2048)
    }

    /// As the sessions' history has it.
    package var ending: EndDetail { EndDetail(detail, exitCode: exitCode) }

    /// How a container ended, for people.
    static func sentence(of name: String, _ end: ContainerStatus.Termination) -> String {
        let how = end.signal != 0 ? "by signal \(end.signal)" : "with exit code \(end.exitCode)"
        let memory = end.reason == "OOMKilled" || end.exitCode == 137 ? " (out of memory, or killed)" : ""
        let why = [end.reason, end.message].filter { !$0.isEmpty }.joined(separator: ": ")
        return "container \(name) ended \(how)\(memory)\(why.isEmpty ? "" : ", \(why)")"
    }

    private static func termination(
        of pod: Pod, container: String?
    ) -> (String, ContainerStatus.Termination)? {
        let statuses = pod.containerStatuses.filter { container == nil || $0.name == container }
        for status in statuses + pod.initContainerStatuses {
            if case .terminated(let end) = status.state, end.exitCode != 0 || statuses.contains(status) {
                return (status.name, end)
            }
        }
        return nil
    }

    /// `status.reason` of a pod that its node or a controller ended.
    private static let reasons: [String: GoneReason] = [
        "Evicted": .evicted, "Preempting": .evicted, "Preempted": .evicted, "DeadlineExceeded": .failed,
        "NodeLost": .nodeLost, "NodeShutdown": .nodeLost, "Shutdown": .nodeLost, "Terminated": .nodeLost,
        "OOMKilled": .oomKilled,
    ]

    /// Reasons of the condition `DisruptionTarget` (Kubernetes 1.26 and later).
    private static let disruptions: [String: GoneReason] = [
        "PreemptionByScheduler": .evicted, "EvictionByEvictionAPI": .evicted, "TerminationByKubelet": .evicted,
        "DeletionByTaintManager": .nodeLost, "DeletionByPodGC": .nodeLost,
    ]
}
