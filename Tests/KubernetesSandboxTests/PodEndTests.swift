import KubernetesClient
import SandboxCore
import Testing

@testable import KubernetesSandbox

@Suite struct PodEndTests {
    private func end(_ pod: Pod) -> PodEnd? { PodEnd(of: pod, container: "sandbox") }

    @Test(arguments: ["Pending", "Running", "Unknown", "", "New"]) func onlyTheClustersWordEndsAPod(phase: String) {
        #expect(end(Fixtures.pod(phase: phase)) == nil)
        let nodeDown = PodCondition(type: "Ready", status: "False", reason: "NodeNotReady")
        #expect(end(Fixtures.pod(phase: phase, conditions: [nodeDown])) == nil)
    }

    @Test(
        "T60 reasons of a failed pod",
        arguments: [
            ("Evicted", GoneReason.evicted), ("Preempting", .evicted), ("NodeLost", .nodeLost),
            ("NodeShutdown", .nodeLost),
            ("Terminated", .nodeLost), ("DeadlineExceeded", .failed), ("Unheard", .failed), ("", .failed),
        ]) func reasonsOfAFailedPod(reason: String, expected: GoneReason)
    {
        #expect(end(Fixtures.pod(phase: "Failed", reason: reason))?.reason == expected)
    }

    @Test(
        "T60 disruptions",
        arguments: [
            ("EvictionByEvictionAPI", GoneReason.evicted), ("PreemptionByScheduler", .evicted),
            ("TerminationByKubelet", .evicted), ("DeletionByTaintManager", .nodeLost), ("DeletionByPodGC", .nodeLost),
        ]) func disruptions(reason: String, expected: GoneReason)
    {
        let condition = PodCondition(type: "DisruptionTarget", status: "True", reason: reason, message: "m")
        #expect(end(Fixtures.pod(phase: "Running", deleting: true, conditions: [condition]))?.reason == expected)
        #expect(end(Fixtures.pod(phase: "Running", conditions: [condition])) == nil, "announced, not yet under way")
    }

    @Test func aDeletionIsADeletion() {
        #expect(end(Fixtures.pod(phase: "Running", deleting: true))?.reason == .deleted)
        #expect(end(Fixtures.pod(phase: "Running", reason: "NodeLost", deleting: true))?.reason == .nodeLost)
    }

    @Test func runningOutOfMemoryIsNamed() {
        let oom = Fixtures.main(.terminated(.init(exitCode: 137, reason: "OOMKilled")))
        #expect(end(Fixtures.pod(phase: "Failed", containers: [oom]))?.reason == .oomKilled)
        let killed = Fixtures.main(.terminated(.init(exitCode: 137, reason: "Error")))
        #expect(end(Fixtures.pod(phase: "Failed", containers: [killed]))?.reason == .failed)
    }

    @Test func endingByItselfIsAFailure() {
        let done = Fixtures.main(.terminated(.init(exitCode: 0, reason: "Completed")))
        let result = end(Fixtures.pod(phase: "Succeeded", containers: [done]))
        #expect(result?.reason == .failed)
        #expect(result?.detail == "container sandbox ended with exit code 0, Completed")
    }
}
