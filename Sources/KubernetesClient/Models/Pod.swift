/// A pod, as far as sessions need it. `spec` and `managedFields` are not kept.
package struct Pod: Hashable, Sendable {
    package var metadata: ObjectMetadata
    /// Empty until the pod is scheduled.
    package var nodeName: String
    /// The main containers by the names they have after admission; a webhook may have added some.
    package var containerNames: [String]
    /// `Pending`, `Running`, `Succeeded`, `Failed`, `Unknown`, or what a later version invents.
    package var phase: String
    /// Why the pod as a whole is in its phase: `Evicted`, `DeadlineExceeded`, `NodeLost`, …; mostly empty.
    package var reason: String
    package var message: String
    package var podIP: String
    /// All of the pod's addresses, `podIP` the first.
    package var podIPs: [String]
    package var conditions: [PodCondition]
    package var containerStatuses: [ContainerStatus]
    package var initContainerStatuses: [ContainerStatus]

    package init(
        metadata: ObjectMetadata, nodeName: String = "", containerNames: [String] = [], phase: String = "Pending",
        reason: String = "", message: String = "", podIP: String = "", podIPs: [String] = [],
        conditions: [PodCondition] = [], containerStatuses: [ContainerStatus] = [],
        initContainerStatuses: [ContainerStatus] = []
    ) {
        self.metadata = metadata
        self.nodeName = nodeName
        self.containerNames = containerNames
        self.phase = phase
        self.reason = reason
        self.message = message
        self.podIP = podIP
        self.podIPs = podIPs
        self.conditions = conditions
        self.containerStatuses = containerStatuses
        self.initContainerStatuses = initContainerStatuses
    }

    package var name: String { metadata.name }
    package var uid: String { metadata.uid }

    /// Deletion is under way; the containers may still run.
    package var isTerminating: Bool { metadata.deletionTimestamp != nil }

    /// Deletion is under way and nothing of the pod runs any more; only its object is still there.
    package var hasStopped: Bool {
        guard isTerminating else { return false }
        // Without a node nothing has ever run.
        return nodeName.isEmpty
            || !containerStatuses.isEmpty
                && (containerStatuses + initContainerStatuses).allSatisfy {
                    if case .terminated = $0.state { true } else { false }
                }
    }

    package func condition(_ type: String) -> PodCondition? { conditions.first { $0.type == type } }

    /// Running, its Ready condition true, and not being deleted.
    package var isReady: Bool {
        !isTerminating && phase == "Running" && condition("Ready")?.status == "True"
    }
}

package struct PodCondition: Hashable, Sendable, Decodable {
    package var type: String
    /// `True`, `False` or `Unknown`.
    package var status: String
    package var reason: String
    package var message: String

    package init(type: String, status: String, reason: String = "", message: String = "") {
        self.type = type
        self.status = status
        self.reason = reason
        self.message = message
    }

    private enum CodingKeys: String, CodingKey { case type, status, reason, message }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            type: container.text(.type), status: container.text(.status), reason: container.boundedText(.reason),
            message: container.boundedText(.message))
    }
}
