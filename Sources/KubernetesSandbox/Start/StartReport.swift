import KubernetesClient
import Logging
import SandboxCore

/// What is told of a start that failed, and the pod's removal.
struct StartReport {
    private static let lookTimeout = Duration.seconds(3)
    private static let deleteTimeout = Duration.seconds(10)
    private static let shownEvents = 3

    let space: PodSpace
    let identity: PodIdentity

    /// The error for the caller, after everything the cluster knows about the pod has been asked and the pod deleted.
    ///
    /// `pod`: as last seen; nil where none was made.
    func error(
        _ failure: StartFailure, pod: Pod?, clock: StartClock, elapsed: Duration, logger: Logger
    ) async -> SandboxError {
        let verdict = failure
        var (failure, clock) = (failure, clock)
        var parts = [failure.message]
        if let pod {
            if let container = failure.container, let log = await lastOutput(of: container) {
                parts.append("last output: \(log)")
            }
            // Without the right to list events the status has to do.
            let events =
                (try? await space.client.listEvents(
                    namespace: space.namespace, podUID: pod.uid, timeout: Self.lookTimeout)) ?? []
            let pulls = PullTimes(events)
            clock.note(pulls)
            failure = Self.sharpened(failure, by: events, pulls)
            let warnings = events.filter { $0.type == "Warning" && !failure.message.contains($0.message) }
                .suffix(Self.shownEvents).map { ClusterText.clean("\($0.reason): \($0.message)", limit: 512) }
            parts[0] = failure.message
            if !warnings.isEmpty { parts.append("events: " + warnings.joined(separator: "; ")) }
            await delete(pod, after: verdict, logger: logger)
        }
        let detail = parts.joined(separator: "; ")
        let node = pod.map(\.nodeName).flatMap { $0.isEmpty ? nil : " on node \($0)" } ?? ""
        let phase = pod.map { $0.phase.isEmpty ? "" : ", phase \($0.phase)" } ?? ""
        var error = SandboxError(
            .startFailed(
                phase: failure.phase, reason: failure.reason, detail: detail, elapsed: elapsed / .seconds(1)),
            "pod \(space.namespace)/\(identity.name)\(node) did not start "
                + "(\(failure.phase.rawValue)\(phase)): \(failure.reason): \(detail)")
        error.timing = clock.timing
        return error
    }

    /// A status that only says that the node is at it (`ContainerCreating`) says nothing of the cause; the node's
    /// events do: a pull that has not ended, a volume that cannot be mounted, a network that is not ready.
    static func sharpened(_ failure: StartFailure, by events: [ClusterEvent], _ pulls: PullTimes) -> StartFailure {
        guard failure.phase == .create, WaitingReason(failure.reason) == .progress else { return failure }
        if let pull = pulls.underWay { return StartFailure(.pull, "Pulling", "\(failure.message): \(pull)") }
        guard let warning = events.last(where: { $0.type == "Warning" }) else { return failure }
        return StartFailure(.create, warning.reason, "\(failure.message): \(warning.message)")
    }

    private func lastOutput(of container: String) async -> String? {
        let log = try? await space.client.podLogs(
            namespace: space.namespace, name: identity.name, container: container, tailLines: 5,
            timeout: Self.lookTimeout)
        guard let log, !log.isEmpty else { return nil }
        return ClusterText.clean(log, limit: 512)
    }

    /// Once: what fails here, the manager's `discard` does again.
    private func delete(_ pod: Pod, after failure: StartFailure, logger: Logger) async {
        do throws(KubernetesError) {
            _ = try await space.client.deletePod(
                namespace: space.namespace, name: identity.name, uid: pod.uid,
                gracePeriodSeconds: Self.isUnpulled(pod, failure) ? 0 : nil, timeout: Self.deleteTimeout)
        } catch {
            logger.warning(
                "a pod that did not start could not be deleted yet",
                metadata: ["pod": "\(space.namespace)/\(identity.name)", "error": "\(error.message)"])
        }
    }

    /// Whether the pod may go without a word from its node. Nodes confirm a deletion only after the pull under way,
    /// which they may try for minutes (kubernetes#15925, #121435). Where the node itself has just said that it has no
    /// image to run, there is nothing to wait for: no container of the pod has begun, and none can.
    static func isUnpulled(_ pod: Pod, _ failure: StartFailure) -> Bool {
        failure.phase == .pull && !pod.containerStatuses.isEmpty
            && pod.containerStatuses.allSatisfy { status in
                guard case .waiting = status.state else { return false }
                return status.lastTermination == nil
            }
            && pod.initContainerStatuses.allSatisfy { $0.state != .running }
    }
}
