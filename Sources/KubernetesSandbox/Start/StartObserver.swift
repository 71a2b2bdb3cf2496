package import KubernetesClient
import SandboxCore

/// Judges a pod on its way up, status by status. Pure: what it needs to remember (the real cause of a failed pull,
/// which a later `ImagePullBackOff` hides; since when a state lasts) it remembers itself; the caller brings the clock.
package struct StartObserver: Sendable {
    /// How long a state that may mend itself is waited out.
    package struct Patience: Hashable, Sendable {
        /// A missing ConfigMap or Secret may still appear; the runtime may have hiccuped.
        package var createError = Duration.seconds(10)
        /// From the first failed pull, for causes that may pass (a registry that does not answer).
        package var pull = Duration.seconds(10)
        package var pullFailures = 2
        /// No node will ever do (selector, affinity, taint): time for an autoscaler to say otherwise.
        package var mismatch = Duration.seconds(5)
        /// No node has room: time for other pods to go.
        package var capacity = Duration.seconds(30)

        package init() {}
    }

    /// A verdict, and when to judge the same status again, since time alone may turn it.
    package struct Observation: Hashable, Sendable {
        package var verdict: ReadinessVerdict
        package var reviewAt: Duration?
    }

    private let container: String
    /// The sandbox is only reachable once the whole pod is Ready (`api` mode).
    private let needsReady: Bool
    private let patience: Patience
    private var pullCauses: [String: String] = [:]
    private var pullFailures: [String: Int] = [:]
    private var lastWaiting: [String: String] = [:]
    /// When each state that is waited out was first seen.
    private var firstSeen: [String: Duration] = [:]
    /// An autoscaler is making room.
    private var isScalingUp = false

    package init(container: String, needsReady: Bool, patience: Patience = Patience()) {
        self.container = container
        self.needsReady = needsReady
        self.patience = patience
    }

    /// The pod's events say more than its status does: that a node is on its way, and what a pull ran into.
    package mutating func note(_ events: [ClusterEvent]) {
        isScalingUp = events.contains { $0.reason == "TriggeredScaleUp" }
    }

    /// `now` is the time since the start began, never less than in an earlier call.
    package mutating func observe(_ pod: Pod, at now: Duration) -> Observation {
        if pod.isTerminating {
            let end = PodEnd(of: pod, container: container)
            return failed(.init(stage(of: pod), "Deleted", "the pod is being deleted: \(end?.detail ?? "")"))
        }
        if pod.phase == "Failed" || pod.phase == "Succeeded" { return failed(terminal(pod)) }
        if let verdict = initVerdict(pod, at: now) { return verdict }
        let main = pod.containerStatuses.first { $0.name == container }
        if let main, let verdict = judge(main, at: now) { return verdict }
        guard case .running? = main?.state else { return unstarted(pod, at: now) }
        if pod.isReady { return Observation(verdict: .ready) }
        guard needsReady else { return Observation(verdict: .running) }
        for sidecar in pod.containerStatuses where sidecar.name != container {
            if let verdict = judge(sidecar, at: now) { return verdict }
        }
        return Observation(verdict: .running)
    }

    // MARK: - Containers

    private mutating func initVerdict(_ pod: Pod, at now: Duration) -> Observation? {
        for status in pod.initContainerStatuses {
            // One that ended well has done its work.
            if case .terminated(let end) = status.state, end.exitCode == 0 { continue }
            if let verdict = judge(status, at: now) { return verdict }
        }
        return nil
    }

    /// Nil for a container that says nothing against the pod.
    private mutating func judge(_ status: ContainerStatus, at now: Duration) -> Observation? {
        switch status.state {
        case .running, .unknown: return nil
        case .terminated(let end): return failed(Self.failure(of: status, end))
        case .waiting(let reason, let message):
            defer { lastWaiting[status.name] = reason }
            let what = "container \(status.name): \(message.isEmpty ? reason : message)"
            switch WaitingReason(reason) {
            case .progress: return nil
            case .pull: return pullVerdict(status, reason: reason, message: message, at: now)
            case .definitivePull: return failed(.init(.pull, reason, "image \(status.image): \(message)"))
            case .create:
                return waitOut(
                    .init(.create, reason, what), key: "\(status.name) \(reason)", for: patience.createError, at: now)
            case .run:
                return waitOut(
                    .init(.start, reason, what), key: "\(status.name) \(reason)", for: patience.createError, at: now)
            case .crash:
                let end = status.lastTermination.map { Self.failure(of: status, $0) }
                return failed(end ?? .init(.start, reason, what))
            }
        }
    }

    private mutating func pullVerdict(
        _ status: ContainerStatus, reason: String, message: String, at now: Duration
    ) -> Observation {
        if reason != "ImagePullBackOff" {
            if !message.isEmpty { pullCauses[status.name] = message }
            // The same failure is reported again with every status; only a new one counts.
            if lastWaiting[status.name] != reason { pullFailures[status.name, default: 0] += 1 }
        }
        let cause = pullCauses[status.name] ?? message
        let failure = StartFailure(.pull, reason, "image \(status.image) of container \(status.name): \(cause)")
        let isHopeless = PullCause.isDefinitive(cause) || pullFailures[status.name, default: 1] >= patience.pullFailures
        if isHopeless { return failed(failure) }
        return waitOut(failure, key: "\(status.name) pull", for: patience.pull, at: now)
    }

    private static func failure(of status: ContainerStatus, _ end: ContainerStatus.Termination) -> StartFailure {
        let reason = end.reason.isEmpty ? "Error" : end.reason
        return StartFailure(.start, reason, PodEnd.sentence(of: status.name, end), container: status.name)
    }

    // MARK: - The pod as a whole

    private mutating func unstarted(_ pod: Pod, at now: Duration) -> Observation {
        guard let scheduled = pod.condition("PodScheduled"), scheduled.status == "False" else {
            let isScheduled = !pod.nodeName.isEmpty
            let reason =
                pod.containerStatuses.compactMap(\.waitingReason).first ?? (isScheduled ? "Pending" : "NotScheduled")
            return Observation(
                verdict: .waiting(.init(isScheduled ? .create : .schedule, reason, "the pod is not running yet")))
        }
        let failure = StartFailure(.schedule, scheduled.reason, scheduled.message)
        guard scheduled.reason == "Unschedulable", !isScalingUp else { return Observation(verdict: .waiting(failure)) }
        let isMismatch = SchedulingCause.isMismatch(scheduled.message)
        return waitOut(
            failure, key: isMismatch ? "mismatch" : "capacity",
            for: isMismatch ? patience.mismatch : patience.capacity, at: now)
    }

    private func terminal(_ pod: Pod) -> StartFailure {
        let end = PodEnd(of: pod, container: container)
        return StartFailure(
            SchedulingCause.isRejection(pod.reason) ? .schedule : .start, end?.reasonText ?? pod.phase,
            end?.detail ?? "the pod ended in phase \(pod.phase)", container: end?.container)
    }

    private func stage(of pod: Pod) -> SandboxError.StartPhase {
        guard !pod.nodeName.isEmpty else { return .schedule }
        let isRunning = pod.containerStatuses.contains { $0.name == container && $0.state == .running }
        return isRunning ? .ready : .create
    }

    private mutating func waitOut(
        _ failure: StartFailure, key: String, for patience: Duration, at now: Duration
    ) -> Observation {
        let since = firstSeen[key, default: now]
        firstSeen[key] = since
        guard now < since + patience else { return failed(failure) }
        return Observation(verdict: .waiting(failure), reviewAt: since + patience)
    }

    private func failed(_ failure: StartFailure) -> Observation { Observation(verdict: .failed(failure)) }
}

extension ContainerStatus {
    fileprivate var waitingReason: String? {
        guard case .waiting(let reason, _) = state, !reason.isEmpty else { return nil }
        return reason
    }
}
