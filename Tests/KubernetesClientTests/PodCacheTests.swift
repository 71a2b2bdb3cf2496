import Testing

@testable import KubernetesClient

@Suite struct PodCacheTests {
    /// With something in every member, and texts of every length's kind.
    private func full(_ name: String, uid: String) -> Pod {
        let end = ContainerStatus.Termination(exitCode: -1, signal: 9, reason: "OOMKilled", message: "zu viel für ihn")
        return Pod(
            metadata: ObjectMetadata(
                name: name, namespace: "agents", uid: uid, resourceVersion: "12345",
                labels: ["app": "x", "empty": "", "own": uid],
                annotations: ["long": String(repeating: "é", count: 2000), "name": name],
                creationTimestamp: "2026-01-01T00:00:00Z", deletionTimestamp: "", finalizers: ["a/b", "c"]),
            nodeName: "node", containerNames: ["main", "side"], phase: "Running", reason: "Evicted",
            message: "a message", podIP: "10.0.0.1", podIPs: ["10.0.0.1", "fd00::1"],
            conditions: [PodCondition(type: "Ready", status: "False", reason: "R", message: "M")],
            containerStatuses: [
                ContainerStatus(
                    name: "main", isReady: true, image: "busybox:1", restartCount: 300, state: .running,
                    lastTermination: end),
                ContainerStatus(name: "side", state: .waiting(reason: "ErrImagePull", message: "no")),
            ],
            initContainerStatuses: [
                ContainerStatus(name: "init", state: .terminated(end)), ContainerStatus(name: "late"),
            ])
    }

    @Test func aPodComesOutAsItWentIn() {
        var cache = PodCache()
        let pods = (0..<5).map { full("pod-\($0)", uid: "uid-\($0)") }
        let bare = Pod(metadata: ObjectMetadata(name: "bare", namespace: "", uid: "u"))
        for pod in pods + [bare] { #expect(cache.apply(.added(pod)) == [.modified(pod)]) }
        for pod in pods + [bare] { #expect(cache[pod.name] == pod) }
        #expect(Set(cache.pods) == Set(pods + [bare]))
        #expect(cache.uids == Set((pods + [bare]).map(\.uid)))
        // Nothing is new about them.
        #expect(cache.take(pods + [bare]) == [])
        var changed = pods[3]
        changed.metadata.resourceVersion = "12346"
        #expect(cache.take([changed]) == [.modified(changed)])
        #expect(cache[changed.name] == changed)
    }

    @Test func morePodsOfTheirOwnKindThanThereAreWordsForAreKeptAllTheSame() {
        var cache = PodCache()
        let pods = (0..<6000).map { number in
            Pod(
                metadata: ObjectMetadata(
                    name: "p\(number)", namespace: "n\(number)", uid: "u\(number)", labels: ["k\(number)": "v"]),
                nodeName: "node-\(number)")
        }
        #expect(cache.take(pods) == pods.map { .modified($0) })
        for pod in pods { #expect(cache[pod.name] == pod) }
    }
}
