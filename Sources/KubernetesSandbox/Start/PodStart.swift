import Failpoints
import KubernetesClient
import Logging
import SandboxCore
import SessionManager

/// One start, from the claim to a sandbox that answers.
struct PodStart {
    /// Between two tries of an exec server that does not answer yet; doubles up to the second.
    private static let firstProbe = Duration.milliseconds(20)
    private static let lastProbe = Duration.milliseconds(250)
    /// Pulls that are shorter count as part of making the containers: the events have whole seconds, and listing them
    /// costs the API server more than most requests.
    private static let shortestShownPull = Duration.seconds(3)

    let space: PodSpace
    let identity: PodIdentity
    let built: BuiltPod
    let token: String
    let startupTimeout: Duration
    let logger: Logger
    private let began = ContinuousClock.now

    init(
        space: PodSpace, identity: PodIdentity, built: BuiltPod, token: String,
        startupTimeout: Duration, logger: Logger
    ) {
        self.space = space
        self.identity = identity
        self.built = built
        self.token = token
        self.startupTimeout = startupTimeout
        self.logger = logger
    }

    private var deadline: ContinuousClock.Instant { began + startupTimeout }
    private var elapsed: Duration { began.duration(to: .now) }

    func run() async throws(SandboxError) -> StartedSandbox {
        let manifest: [UInt8]
        do {
            manifest = try built.manifest.json()
        } catch {
            throw .invalid("pod_template cannot be written as JSON: \(error)")
        }
        var progress = Progress(
            observer: StartObserver(container: built.layout.container, needsReady: built.layout.access == .api))
        do throws(StartStop) {
            let creator = PodCreator(space: space, identity: identity, manifest: manifest)
            let created = try await creator.create(until: deadline)
            Failpoint.reach("kubernetes_after_create")
            progress.clock.enter(.schedule, at: elapsed)
            progress.pod = created
            let up = try await waitUntilUp(created, &progress)
            Failpoint.reach("kubernetes_running")
            var started = try await connect(up, &progress)
            progress.clock.end(at: elapsed)
            await notePulls(of: up, &progress.clock)
            started.info.timing = progress.clock.timing
            logger.info(
                "pod is ready",
                metadata: ["pod": "\(space.namespace)/\(up.name)", "seconds": "\(progress.clock)"])
            return started
        } catch {
            switch error {
            case .interrupted(let error):
                // The pod stays: it may be healthy, and the manager discards it, or a next daemon takes it up.
                throw error
            case .failed(let failure):
                progress.clock.end(at: elapsed)
                let report = StartReport(space: space, identity: identity)
                throw await report.error(
                    failure, pod: progress.pod, clock: progress.clock, elapsed: elapsed, logger: logger)
            }
        }
    }

    /// What has become of the start so far.
    private struct Progress {
        var observer: StartObserver
        var clock = StartClock()
        /// As last seen.
        var pod: Pod?
    }

    /// A look at the pod's events, for a start that is long enough for a pull to show in them.
    private func notePulls(of pod: Pod, _ clock: inout StartClock) async {
        guard clock.spent(in: .start) >= Self.shortestShownPull else { return }
        guard
            let events = try? await space.client.listEvents(
                namespace: space.namespace, podUID: pod.uid, timeout: .seconds(1))
        else { return }
        clock.note(PullTimes(events))
    }

    // MARK: - Coming up

    private enum Step {
        case up(Pod)
        case failed(StartFailure)
        /// Time alone may turn the verdict: look again then.
        case review(at: Duration)
    }

    private func waitUntilUp(_ created: Pod, _ progress: inout Progress) async throws(StartStop) -> Pod {
        var pod = created
        var review: Duration?
        var waiting = StartFailure(.schedule, "Pending", "the pod is not running yet")
        while true {
            let until = review.map { min(began + $0, deadline) } ?? deadline
            var step: Step
            do throws(KubernetesError) {
                step = try await space.watcher.wait(for: identity.name, uid: pod.uid, until: until) { observation in
                    guard case .present(let now) = observation else { return .failed(Self.gone(observation)) }
                    pod = now
                    let next = judge(now, &progress, &waiting)
                    // A review that is due as planned needs no new wait.
                    if case .review(let at)? = next, at == review { return nil }
                    return next
                }
            } catch {
                guard error.kind == .timeout else { throw .interrupted(SandboxError(error)) }
                guard ContinuousClock.now < deadline else { throw .failed(late(waiting)) }
                // What the status does not say, the events do: a scale-up under way, a pull's real cause.
                if let events = try? await space.client.listEvents(namespace: space.namespace, podUID: pod.uid) {
                    progress.observer.note(events)
                }
                review = nil
                guard let again = judge(pod, &progress, &waiting) else { continue }
                step = again
            }
            switch step {
            case .up(let pod): return pod
            case .failed(let failure): throw .failed(failure)
            case .review(let at): review = at
            }
        }
    }

    private func judge(_ pod: Pod, _ progress: inout Progress, _ waiting: inout StartFailure) -> Step? {
        let now = elapsed
        progress.pod = pod
        progress.clock.note(pod, container: built.layout.container, at: now)
        let observation = progress.observer.observe(pod, at: now)
        switch observation.verdict {
        case .waiting(let failure):
            waiting = failure
            return observation.reviewAt.map { .review(at: $0) }
        case .running:
            waiting = StartFailure(.ready, "NotReady", "the container runs, the pod is not Ready yet")
            return built.layout.access != .api && !pod.podIP.isEmpty ? .up(pod) : nil
        case .ready: return pod.podIP.isEmpty && built.layout.access != .api ? nil : .up(pod)
        case .failed(let failure): return .failed(failure)
        }
    }

    private static func gone(_ observation: PodObservation) -> StartFailure {
        guard case .gone(let last?) = observation else {
            return StartFailure(.create, "Deleted", "the pod was deleted by somebody else")
        }
        let end = PodEnd(of: last, container: nil)
        return StartFailure(
            .create, end?.reasonText ?? "Deleted", end?.detail ?? "the pod was deleted by somebody else")
    }

    private func late(_ waiting: StartFailure) -> StartFailure {
        StartFailure(
            waiting.phase, waiting.reason, "not ready in \(startupTimeout / .seconds(1)) s: \(waiting.message)")
    }

    // MARK: - Answering

    private func connect(_ pod: Pod, _ progress: inout Progress) async throws(StartStop) -> StartedSandbox {
        let reach = PodReach(pod: pod, layout: built.layout, token: token, space: space)
        var delay = Self.firstProbe
        while true {
            let problem: SandboxError
            do throws(SandboxError) {
                try await reach.probe(until: deadline)
                return reach.started
            } catch let error {
                problem = error
            }
            switch problem.kind {
            case .cancelled: throw .interrupted(problem)
            case .backendUnavailable, .deadlineExceeded: break
            default: throw .failed(.init(.ready, "Unusable", problem.message))
            }
            if let now = space.watcher.pod(named: identity.name), now.uid == pod.uid,
                case .failed(let failure) = progress.observer.observe(now, at: elapsed).verdict
            {
                progress.pod = now
                throw .failed(failure)
            }
            guard ContinuousClock.now + delay < deadline else {
                throw .failed(late(.init(.ready, "NotAnswering", problem.message)))
            }
            do {
                try await Task.sleep(for: delay)
            } catch {
                throw .interrupted(.cancelled)
            }
            delay = min(delay * 2, Self.lastProbe)
        }
    }
}
