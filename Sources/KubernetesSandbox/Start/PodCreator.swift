import KubernetesClient
import SandboxCore

/// Creates the pod of one claim, however often the answer is lost.
///
/// The name and the nonce are the claim's own, so a pod of that name either is this claim's (taken up, never made
/// twice) or is a stranger's (left alone).
struct PodCreator {
    /// One attempt: a slow server may answer after up to 34 s, but a look by name then finds the pod.
    private static let attemptTimeout = Duration.seconds(20)
    /// How long a cluster that gives no answer is tried again.
    private static let silenceLimit = Duration.seconds(15)
    /// An attempt with less time left than this may end for want of it, which says nothing of the cluster.
    private static let shortestAttempt = Duration.seconds(1)
    /// A new namespace gets its service account a moment later.
    private static let accountLimit = Duration.seconds(5)
    /// A full quota is waited for as a full cluster is: other pods may go.
    private static let quotaLimit = StartObserver.Patience().capacity

    let space: PodSpace
    let identity: PodIdentity
    let manifest: [UInt8]

    func create(until deadline: ContinuousClock.Instant) async throws(StartStop) -> Pod {
        let began = ContinuousClock.now
        var lastAnswer = began
        var delay = Duration.milliseconds(100)
        var earlier: KubernetesError?
        while true {
            let error: KubernetesError
            let timeout = min(Self.attemptTimeout, ContinuousClock.now.duration(to: deadline))
            do throws(KubernetesError) {
                return try await space.client.createPod(
                    namespace: space.namespace, manifest: manifest, timeout: timeout)
            } catch let failure {
                error = failure
            }
            if error.kind == .cancelled { throw .interrupted(.cancelled) }
            if !error.saysNothingAboutTheObject || error.kind == .tooManyRequests { lastAnswer = .now }
            if error.kind == .alreadyExists || error.advice == .verifyThenRetry {
                if let pod = try await existing(before: deadline) { return pod }
            }
            let now = ContinuousClock.now
            try check(error, waited: began.duration(to: now), silence: lastAnswer.duration(to: now))
            let pause = max(delay * Double.random(in: 0.5...1), min(error.retryAfter ?? .zero, .seconds(10)))
            guard now + pause < deadline else {
                let isCutShort = error.kind == .timeout && timeout < Self.shortestAttempt
                throw outOfTime(isCutShort ? earlier ?? error : error)
            }
            earlier = error
            do {
                try await Task.sleep(for: pause)
            } catch {
                throw .interrupted(.cancelled)
            }
            delay = min(delay * 2, .seconds(2))
        }
    }

    /// The pod of our name, if there is one; throws where it is not this claim's or on its way out.
    private func existing(before deadline: ContinuousClock.Instant) async throws(StartStop) -> Pod? {
        let pod: Pod
        do throws(KubernetesError) {
            let timeout = min(.seconds(10), ContinuousClock.now.duration(to: deadline))
            pod = try await space.client.getPod(namespace: space.namespace, name: identity.name, timeout: timeout)
        } catch {
            if error.kind == .cancelled { throw .interrupted(.cancelled) }
            return nil
        }
        let name = "pod \(space.namespace)/\(identity.name)"
        let owner = PodOwnership(pod)
        if pod.isTerminating, owner.isManaged, owner.instance == identity.instance {
            try await waitUntilGone(pod, name, until: deadline)
            return nil
        }
        guard owner.isOurs(instance: identity.instance, nonce: identity.nonce) else {
            throw .failed(
                .init(.create, "AlreadyExists", "\(name) exists and is not this session's; it was left alone"))
        }
        return pod
    }

    /// A pod of our name that is on its way out: the name is free when the watch has seen the end of its UID.
    private func waitUntilGone(
        _ pod: Pod, _ name: String, until deadline: ContinuousClock.Instant
    ) async throws(StartStop) {
        do throws(KubernetesError) {
            try await space.watcher.wait(for: pod.name, uid: pod.uid, until: deadline) { observation in
                if case .gone = observation { () } else { nil }
            }
        } catch {
            guard error.kind == .timeout else { throw .interrupted(SandboxError(error)) }
            throw .failed(.init(.create, "Terminating", "\(name) of an earlier attempt is still being deleted"))
        }
    }

    /// Throws where the same request will not succeed.
    private func check(_ error: KubernetesError, waited: Duration, silence: Duration) throws(StartStop) {
        if error.kind == .alreadyExists { return }  // Gone again since, or not to be seen right now.
        if error.advice == .permanent || error.advice == .otherProtocol { throw .failed(refusal(error)) }
        let limit: Duration? =
            switch error.meaning {
            case .quotaExceeded: Self.quotaLimit
            case .serviceAccountMissing: Self.accountLimit
            default: nil
            }
        if let limit, waited > limit { throw .failed(refusal(error)) }
        if silence > Self.silenceLimit { throw .interrupted(SandboxError(error)) }
    }

    private func outOfTime(_ error: KubernetesError) -> StartStop {
        error.saysNothingAboutTheObject ? .interrupted(SandboxError(error)) : .failed(refusal(error))
    }

    private func refusal(_ error: KubernetesError) -> StartFailure {
        let causes = error.causes.map { $0.field.isEmpty ? $0.message : "\($0.field): \($0.message)" }
            .filter { !error.message.contains($0) }
        let reason = error.meaning?.rawValue ?? (error.reason.isEmpty ? "Refused" : error.reason)
        return StartFailure(.create, reason, ([error.message] + causes).joined(separator: "; "))
    }
}
