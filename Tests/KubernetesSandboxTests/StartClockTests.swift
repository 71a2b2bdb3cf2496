import KubernetesClient
import SandboxCore
import Testing

@testable import KubernetesSandbox

@Suite struct StartClockTests {
    private func event(_ reason: String, _ second: Int, _ message: String = "", type: String = "Normal") -> ClusterEvent
    {
        ClusterEvent(type: type, reason: reason, message: message, lastSeen: "2026-01-01T00:00:\(second)Z")
    }

    @Test func everyStageHasItsOwnClock() {
        var clock = StartClock()
        clock.enter(.schedule, at: .milliseconds(10))
        clock.note(Fixtures.pod(node: ""), container: "sandbox", at: .milliseconds(20))
        clock.note(Fixtures.pod(), container: "sandbox", at: .milliseconds(50))
        clock.note(Fixtures.pod(), container: "sandbox", at: .seconds(2))
        clock.note(
            Fixtures.pod(phase: "Running", containers: [Fixtures.main(.running)]), container: "sandbox",
            at: .milliseconds(9050))
        clock.end(at: .milliseconds(9100))
        #expect(clock.timing == ["create": 0.01, "schedule": 0.04, "start": 9, "ready": 0.05])
        clock.note(
            PullTimes([event("Scheduled", 10), event("Pulling", 11), event("Pulled", 15), event("Created", 15)]))
        #expect(clock.timing == ["create": 0.01, "schedule": 0.04, "pull": 4, "start": 5, "ready": 0.05])
        #expect(clock.description == "create 0.01, schedule 0.04, pull 4.0, start 5.0, ready 0.05")
    }

    /// The status says `ContainerCreating` in each of these cases.
    @Test func theNodesEventsSayWhatItIsAt() {
        let creating = StartFailure(.create, "ContainerCreating", "not ready in 60.0 s")
        func sharpened(_ events: ClusterEvent...) -> StartFailure {
            StartReport.sharpened(creating, by: events, PullTimes(events))
        }
        #expect(sharpened() == creating)
        let pulling = sharpened(event("Pulling", 11, "Pulling image \"big\""))
        #expect(pulling.phase == .pull && pulling.message.contains("Pulling image \"big\""))
        let mount = sharpened(
            event("Pulling", 11), event("Pulled", 12),
            event("FailedMount", 20, "secret \"x\" not found", type: "Warning"))
        #expect(mount.phase == .create && mount.reason == "FailedMount")
        #expect(mount.message == "not ready in 60.0 s: secret \"x\" not found")
        let network = StartFailure(.start, "Error", "exit 1")
        #expect(StartReport.sharpened(network, by: [event("Pulling", 1)], PullTimes([event("Pulling", 1)])) == network)
    }

    /// Whether a deletion may do without the node's word.
    @Test func onlyAPodWithoutAnImageIsUnpulled() {
        let pull = StartFailure(.pull, "ErrImagePull", "not found")
        let waiting = Fixtures.main(.waiting(reason: "ErrImagePull", message: "not found"))
        #expect(StartReport.isUnpulled(Fixtures.pod(containers: [waiting]), pull))
        #expect(!StartReport.isUnpulled(Fixtures.pod(containers: [waiting]), .init(.create, "Pending", "")))
        #expect(!StartReport.isUnpulled(Fixtures.pod(), pull))
        let sidecar = ContainerStatus(name: "proxy", state: .running)
        #expect(!StartReport.isUnpulled(Fixtures.pod(containers: [waiting, sidecar]), pull))
        #expect(!StartReport.isUnpulled(Fixtures.pod(containers: [waiting], inits: [sidecar]), pull))
        var restarted = waiting
        restarted.lastTermination = .init(exitCode: 1)
        #expect(!StartReport.isUnpulled(Fixtures.pod(containers: [restarted]), pull))
    }

    @Test("T47 what holds a deletion up is told") func obstacles() {
        var pod = Fixtures.pod(deleting: true, containers: [Fixtures.main(.running)])
        pod.phase = "Running"
        #expect(!pod.hasStopped)
        #expect(KubernetesProvider.obstacle(pod) == "; does node n1 answer?")
        pod.reason = "NodeLost"
        #expect(KubernetesProvider.obstacle(pod).contains("(NodeLost)"))
        pod.containerStatuses = [Fixtures.main(.terminated(.init(exitCode: 0)))]
        #expect(pod.hasStopped)
        #expect(KubernetesProvider.obstacle(pod) == "; its containers have stopped")
        pod.metadata.finalizers = ["example.com/hold"]
        #expect(KubernetesProvider.obstacle(pod).contains("have stopped; its object stays until"))
        #expect(KubernetesProvider.obstacle(pod).contains("example.com/hold"))
        #expect(Fixtures.pod(node: "", deleting: true).hasStopped)
    }
}
