import KubernetesClient
import SandboxCore
import Testing

@testable import KubernetesSandbox

@Suite struct StartObserverTests {
    private func unscheduled(_ message: String) -> Pod {
        Fixtures.pod(
            node: "",
            conditions: [.init(type: "PodScheduled", status: "False", reason: "Unschedulable", message: message)])
    }

    /// The verdict of the last status, statuses being a second apart.
    private func verdict(
        _ pods: Pod..., needsReady: Bool = true, step: Duration = .seconds(1)
    ) -> ReadinessVerdict? {
        var observer = StartObserver(container: "sandbox", needsReady: needsReady)
        var last: ReadinessVerdict?
        for (index, pod) in pods.enumerated() { last = observer.observe(pod, at: step * index).verdict }
        return last
    }

    @Test func aPodOnItsWayIsWaitedFor() {
        let creating = Fixtures.main(.waiting(reason: "ContainerCreating", message: ""))
        guard case .waiting(let wait)? = verdict(Fixtures.pod(containers: [creating])) else {
            Issue.record("not waiting")
            return
        }
        #expect(wait.phase == .create)
        #expect(wait.reason == "ContainerCreating")
        guard case .waiting(let first)? = verdict(Fixtures.pod(node: "")) else {
            Issue.record("not waiting")
            return
        }
        #expect(first.phase == .schedule)
    }

    @Test func runningIsNotReadyWithoutTheCondition() {
        let running = Fixtures.pod(phase: "Running", containers: [Fixtures.main(.running)])
        #expect(verdict(running) == .running)
        var ready = running
        ready.conditions = [.init(type: "Ready", status: "True")]
        #expect(verdict(ready) == .ready)
        ready.metadata.deletionTimestamp = "2026-01-01T00:00:00Z"
        #expect(failure(verdict(ready))?.reason == "Deleted")
    }

    private func failure(_ verdict: ReadinessVerdict?) -> StartFailure? {
        guard case .failed(let failure)? = verdict else { return nil }
        return failure
    }

    /// Waiting reasons of the main container, and the phase in which each fails at once; nil for those with patience.
    @Test(
        "T60 waiting reasons",
        arguments: [
            ("ErrImagePull", "rpc error: manifest unknown", "pull"),
            ("ErrImagePull", "failed to resolve reference: pull access denied, repository does not exist", "pull"),
            ("ErrImagePull", "failed to authorize: 401 Unauthorized", "pull"),
            ("ErrImagePull", "no match for platform in manifest: not found", "pull"),
            ("ErrImagePull", "dial tcp: lookup registry.example: no such host", nil),
            ("ImagePullBackOff", "Back-off pulling image", nil),
            ("RegistryUnavailable", "", nil),
            ("InvalidImageName", "couldn't parse image reference", "pull"),
            ("ErrImageNeverPull", "", "pull"), ("ImageInspectError", "", "pull"),
            ("SignatureValidationFailed", "", "pull"),
            ("CreateContainerConfigError", "secret \"x\" not found", nil), ("CreateContainerError", "", nil),
            ("CreatePodSandboxError", "", nil), ("ConfigPodSandboxError", "", nil), ("PreCreateHookError", "", nil),
            ("RunContainerError", "exec format error", nil), ("PreStartHookError", "", nil),
            ("PostStartHookError", "", nil), ("ContainerCreating", "", nil),
            ("CrashLoopBackOff", "back-off 10s", "start"), ("PodInitializing", "", nil), ("FromTheFuture", "", nil),
        ] as [(String, String, String?)]) func waitingReasons(reason: String, message: String, phase: String?)
    {
        let pod = Fixtures.pod(containers: [Fixtures.main(.waiting(reason: reason, message: message))])
        let result = verdict(pod)
        #expect(failure(result)?.phase.rawValue == phase)
        if let phase {
            #expect(failure(result)?.reason == reason, "\(phase)")
        } else if case .waiting = result {
        } else {
            Issue.record("\(reason): \(String(describing: result))")
        }
    }

    @Test("T60 T62 a back-off reports the cause that it hides") func aBackOffReportsTheCauseThatItHides() {
        func main(_ reason: String, _ message: String) -> Pod {
            Fixtures.pod(containers: [Fixtures.main(.waiting(reason: reason, message: message))])
        }
        let cause = "dial tcp: lookup registry.example: no such host"
        let result = verdict(
            main("ErrImagePull", cause), main("ErrImagePull", cause), main("ImagePullBackOff", "Back-off"),
            main("ErrImagePull", cause), main("ImagePullBackOff", "Back-off"))
        #expect(failure(result)?.phase == .pull)
        #expect(failure(result)?.message.contains(cause) == true)
    }

    @Test("T60 a pull that never mends is given up") func aPullThatNeverMendsIsGivenUp() {
        let pod = Fixtures.pod(
            containers: [Fixtures.main(.waiting(reason: "ErrImagePull", message: "i/o timeout"))])
        var observer = StartObserver(container: "sandbox", needsReady: true)
        let first = observer.observe(pod, at: .seconds(3))
        #expect(first.reviewAt == .seconds(13))
        #expect(failure(first.verdict) == nil)
        #expect(failure(observer.observe(pod, at: .seconds(13)).verdict)?.phase == .pull)
    }

    @Test(
        "T60 what may mend is given time, then fails",
        arguments: [
            ("CreateContainerConfigError", "create"), ("CreateContainerError", "create"),
            ("CreatePodSandboxError", "create"), ("ConfigPodSandboxError", "create"), ("PreCreateHookError", "create"),
            ("RunContainerError", "start"), ("PreStartHookError", "start"), ("PostStartHookError", "start"),
        ])
    func aCreateErrorIsGivenTimeAndThenFails(reason: String, phase: String) {
        let pod = Fixtures.pod(
            containers: [Fixtures.main(.waiting(reason: reason, message: "secret \"x\" not found"))])
        var observer = StartObserver(container: "sandbox", needsReady: true)
        #expect(failure(observer.observe(pod, at: .zero).verdict) == nil)
        #expect(failure(observer.observe(pod, at: .seconds(9)).verdict) == nil)
        let result = failure(observer.observe(pod, at: .seconds(10)).verdict)
        #expect(result?.phase.rawValue == phase)
        #expect(result?.reason == reason)
        #expect(result?.message.contains("secret \"x\" not found") == true)
    }

    @Test(
        "T60 unschedulable pods",
        arguments: [
            (
                "0/1 nodes are available: 1 node(s) had taint {node.kubernetes.io/not-ready: }, that the pod didn't tolerate.",
                30
            ),
            ("0/1 nodes are available: 1 node(s) didn't match Pod's node affinity.", 5),
            ("0/1 nodes are available: 1 node(s) didn't match node selector.", 5),
            ("0/3 nodes are available: 3 node(s) had taint {x: y}, that the pod didn't tolerate.", 5),
            ("0/3 nodes are available: 3 node(s) had untolerated taint {x: y}.", 5),
            ("0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match node selector.", 30),
            ("0/1 nodes are available: 1 Insufficient cpu.", 30), ("0/1 nodes are available: 1 Too many pods.", 30),
        ]) func unschedulablePods(message: String, seconds: Int)
    {
        var observer = StartObserver(container: "sandbox", needsReady: true)
        let first = observer.observe(unscheduled(message), at: .zero)
        #expect(first.reviewAt == .seconds(seconds))
        #expect(failure(first.verdict) == nil)
        let last = failure(observer.observe(unscheduled(message), at: .seconds(seconds)).verdict)
        #expect(last == StartFailure(.schedule, "Unschedulable", message))
    }

    @Test("T60 gates are waited for") func aGatedPodIsWaitedFor() {
        let gated = Fixtures.pod(
            node: "", conditions: [.init(type: "PodScheduled", status: "False", reason: "SchedulingGated")])
        var observer = StartObserver(container: "sandbox", needsReady: true)
        let result = observer.observe(gated, at: .seconds(300))
        guard case .waiting(let wait) = result.verdict else {
            Issue.record("\(result)")
            return
        }
        #expect(wait.phase == .schedule && wait.reason == "SchedulingGated")
    }

    /// Nothing is known of a node that went away: the start's deadline decides.
    @Test("T60 an unknown phase is waited out") func anUnknownPhaseIsWaitedOut() {
        let lost = Fixtures.pod(phase: "Unknown", reason: "NodeLost", containers: [Fixtures.main(.running)])
        #expect(verdict(lost) == .running)
    }

    @Test(
        "T60 a pod that failed as a whole",
        arguments: [
            ("Evicted", "start"), ("DeadlineExceeded", "start"), ("NodeShutdown", "start"), ("Terminated", "start"),
            ("Preempting", "schedule"), ("OutOfcpu", "schedule"), ("OutOfmemory", "schedule"),
            ("OutOfpods", "schedule"),
            ("OutOfephemeral-storage", "schedule"), ("NodeAffinity", "schedule"),
            ("UnexpectedAdmissionError", "schedule"),
            ("TopologyAffinityError", "schedule"), ("SysctlForbidden", "schedule"), ("AppArmor", "schedule"),
            ("PodOSNotSupported", "schedule"),
        ]) func failedPods(reason: String, phase: String)
    {
        let result = failure(verdict(Fixtures.pod(phase: "Failed", reason: reason, message: "the node's words")))
        #expect(result?.phase.rawValue == phase)
        #expect(result?.reason == reason)
        #expect(result?.message == "the node's words")
    }

    @Test("T60 a disruption is told when the pod goes") func aDisruptionIsTold() {
        let condition = PodCondition(
            type: "DisruptionTarget", status: "True", reason: "PreemptionByScheduler", message: "made room")
        let result = failure(verdict(Fixtures.pod(deleting: true, conditions: [condition])))
        #expect(result?.message.contains("made room") == true)
    }

    @Test("T60 an autoscaler is waited for") func anAutoscalerIsWaitedFor() {
        var observer = StartObserver(container: "sandbox", needsReady: true)
        observer.note([ClusterEvent(type: "Normal", reason: "TriggeredScaleUp", message: "pod triggered scale-up")])
        let result = observer.observe(unscheduled("0/1 nodes are available: 1 Insufficient cpu."), at: .seconds(300))
        #expect(failure(result.verdict) == nil)
        #expect(result.reviewAt == nil)
    }

    @Test("T60 what ended says why") func whatEndedSaysWhy() {
        let crash = Fixtures.main(.terminated(.init(exitCode: 1, reason: "Error", message: "no such file")))
        let crashed = failure(verdict(Fixtures.pod(phase: "Failed", containers: [crash])))
        #expect(crashed?.phase == .start)
        #expect(crashed?.message == "container sandbox ended with exit code 1, Error: no such file")
        let oom = Fixtures.main(.terminated(.init(exitCode: 137, reason: "OOMKilled")))
        #expect(failure(verdict(Fixtures.pod(phase: "Failed", containers: [oom])))?.reason == "OOMKilled")
        let done = Fixtures.main(.terminated(.init(exitCode: 0, reason: "Completed")))
        #expect(failure(verdict(Fixtures.pod(phase: "Succeeded", containers: [done])))?.reason == "Completed")
        let rejected = failure(
            verdict(Fixtures.pod(phase: "Failed", reason: "OutOfcpu", message: "Node didn't have enough")))
        #expect(rejected?.phase == .schedule)
        #expect(rejected?.reason == "OutOfcpu")
        let evicted = failure(verdict(Fixtures.pod(phase: "Failed", reason: "Evicted", message: "low on memory")))
        #expect(evicted?.reason == "Evicted")
        #expect(evicted?.message == "low on memory")
    }

    @Test("T60 an init container that fails is the cause") func anInitContainerThatFailsIsTheCause() {
        let bad = ContainerStatus(name: "podkeeper", state: .terminated(.init(exitCode: 126, reason: "Error")))
        let waiting = Fixtures.main(.waiting(reason: "PodInitializing", message: ""))
        let result = failure(verdict(Fixtures.pod(containers: [waiting], inits: [bad])))
        #expect(result?.message.contains("container podkeeper ended with exit code 126") == true)
        let good = ContainerStatus(name: "podkeeper", state: .terminated(.init(exitCode: 0, reason: "Completed")))
        #expect(failure(verdict(Fixtures.pod(containers: [waiting], inits: [good]))) == nil)
    }

    @Test func aSidecarMattersOnlyWhereTheWholePodMust() {
        let sidecar = ContainerStatus(name: "proxy", state: .waiting(reason: "InvalidImageName", message: "bad"))
        let pod = Fixtures.pod(phase: "Running", containers: [sidecar, Fixtures.main(.running)])
        #expect(verdict(pod, needsReady: false) == .running)
        #expect(failure(verdict(pod, needsReady: true))?.reason == "InvalidImageName")
    }

    @Test func textsFromTheClusterAreMadeSafe() {
        let message = "a\u{1B}[31m\nb" + String(repeating: "x", count: 5000)
        let failure = StartFailure(.pull, "ErrImagePull", message)
        #expect(failure.message.hasPrefix("a [31m b"))
        #expect(failure.message.utf8.count < 2100)
    }
}
