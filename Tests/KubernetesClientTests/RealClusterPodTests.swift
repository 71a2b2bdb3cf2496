import Foundation
import HTTPTransport
import Synchronization
import Testing

@testable import KubernetesClient

extension RealClusterTests {
    @Suite struct Pods {
        private var deadline: ContinuousClock.Instant { .now + .seconds(60) }

        @Test("T45 T46 the life of a pod") func lifeOfAPod() async throws {
            try await RealCluster.use { client, run in
                let namespace = RealCluster.namespace
                let version = try await client.serverVersion()
                #expect(version.gitVersion.hasPrefix("v"))
                let name = "life-\(run)"
                let watcher = PodWatcher(
                    client: client, namespace: namespace, labelSelector: "test-run=\(run)", logger: RealCluster.logger()
                )
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        do { try await watcher.run() } catch is CancellationError {}
                    }
                    var events = watcher.events.makeAsyncIterator()
                    #expect(await events.next() == .resync)

                    let created = try await client.createPod(
                        namespace: namespace, manifest: try RealCluster.manifest(name, run: run))
                    #expect(created.name == name)
                    #expect(created.containerNames == ["main"])
                    #expect(created.metadata.annotations["note"] == "a \"quoted\" ü")
                    let ready = try await watcher.wait(for: name, uid: created.uid, until: deadline) {
                        observation -> Pod? in
                        if case .present(let pod) = observation, pod.isReady { return pod }
                        return nil
                    }
                    #expect(ready.phase == "Running")
                    #expect(!ready.podIP.isEmpty)
                    #expect(ready.podIPs.first == ready.podIP)
                    #expect(ready.containerStatuses.first?.state == .running)
                    #expect(watcher.pod(named: name)?.uid == created.uid)
                    #expect(try await client.getPod(namespace: namespace, name: name).uid == created.uid)

                    do {
                        _ = try await client.createPod(
                            namespace: namespace, manifest: try RealCluster.manifest(name, run: run))
                        Issue.record("a second pod of the same name was created")
                    } catch let error as KubernetesError {
                        #expect(error.kind == .alreadyExists)
                        #expect(error.httpStatus == 409)
                        #expect(error.message.contains("pods \"\(name)\" already exists"))
                    }

                    let patched = try await client.patchPod(
                        namespace: namespace, name: name, uid: created.uid, labels: ["claimed": "yes"],
                        annotations: ["note": nil])
                    #expect(patched.metadata.labels["claimed"] == "yes")
                    #expect(patched.metadata.annotations["note"] == nil)
                    do {
                        _ = try await client.patchPod(
                            namespace: namespace, name: name, uid: "00000000-0000-0000-0000-000000000000",
                            labels: ["claimed": "stolen"])
                        Issue.record("a patch for another uid was accepted")
                    } catch let error as KubernetesError {
                        #expect(error.kind == .conflict, "\(error)")
                    }

                    #expect(
                        try await client.deletePod(
                            namespace: namespace, name: name, uid: "00000000-0000-0000-0000-000000000000") == .gone)
                    #expect(try await client.getPod(namespace: namespace, name: name).isTerminating == false)

                    let reasons = try await client.listEvents(namespace: namespace, podUID: created.uid).map(\.reason)
                    #expect(reasons.contains("Scheduled"))
                    #expect(reasons.contains("Started"))

                    let deletion = try await client.deletePod(namespace: namespace, name: name, uid: created.uid)
                    guard case .underWay(let leaving) = deletion else {
                        Issue.record("the deletion of a running pod was over at once")
                        return
                    }
                    #expect(leaving.isTerminating)
                    let last = try await watcher.wait(for: name, uid: created.uid, until: deadline) {
                        observation -> Pod? in
                        if case .gone(let pod) = observation { return pod }
                        return nil
                    }
                    #expect(last.uid == created.uid)
                    await #expect(throws: KubernetesError.self) {
                        try await client.getPod(namespace: namespace, name: name)
                    }
                    #expect(
                        try await client.deletePod(namespace: namespace, name: name, uid: created.uid) == .gone)
                    // A wait that begins after the fact is told at once.
                    let again = try await watcher.wait(for: name, uid: created.uid, until: deadline) { $0 }
                    #expect(again == .gone(last))

                    var seen: [PodEvent] = []
                    while let event = await events.next() {
                        seen.append(event)
                        if case .deleted = event { break }
                    }
                    #expect(seen.last == .deleted(last))
                    group.cancelAll()
                }
            }
        }

        /// Before it has started (a volume is missing), while it runs (and does not listen to TERM), after its end.
        @Test(
            "T46 a deletion at each time of a pod's life ends with DELETED, after its grace period",
            arguments: [("ContainerCreating", 0), ("Running", 3), ("Completed", 0)])
        func deletions(state: String, grace: Int) async throws {
            try await RealCluster.use { client, run in
                let watcher = PodWatcher(
                    client: client, namespace: RealCluster.namespace, labelSelector: "test-run=\(run)",
                    logger: RealCluster.logger())
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        do { try await watcher.run() } catch is CancellationError {}
                    }
                    let name = "deleted-\(run)"
                    let container: [String: Any] = [
                        "name": "main", "image": "docker.io/library/busybox:1",
                        "volumeMounts": [["name": "v", "mountPath": "/v"]],
                    ]
                    let held: [String: Any] = [
                        "volumes": [["name": "v", "secret": ["secretName": "no-such"]]], "containers": [container],
                    ]
                    let created = try await client.createPod(
                        namespace: RealCluster.namespace,
                        manifest: try RealCluster.manifest(
                            name, run: run,
                            command: state == "Completed" ? ["true"] : ["sh", "-c", "trap '' TERM; sleep 3600 & wait"],
                            extra: state == "ContainerCreating" ? held : [:]))
                    try await watcher.wait(for: name, uid: created.uid, until: deadline) { observation -> Void? in
                        guard case .present(let pod) = observation else { return nil }
                        switch (state, pod.containerStatuses.first?.state) {
                        case ("ContainerCreating", .waiting("ContainerCreating", _)?), ("Running", .running?),
                            ("Completed", .terminated?):
                            return ()
                        default: return nil
                        }
                    }
                    let asked = ContinuousClock.now
                    _ = try await client.deletePod(
                        namespace: RealCluster.namespace, name: name, uid: created.uid, gracePeriodSeconds: grace + 1)
                    let last = try await watcher.wait(for: name, uid: created.uid, until: deadline) {
                        observation -> PodObservation? in
                        if case .gone = observation { observation } else { nil }
                    }
                    guard case .gone(let pod?) = last else {
                        Issue.record("\(last)")
                        return
                    }
                    #expect(pod.uid == created.uid)
                    #expect(asked.duration(to: .now) >= .seconds(grace))
                    group.cancelAll()
                }
            }
        }

        @Test func aBadManifestIsRefusedWithItsCauses() async throws {
            try await RealCluster.use { client, run in
                do {
                    _ = try await client.createPod(
                        namespace: RealCluster.namespace,
                        manifest: try RealCluster.manifest("Bad_Name", run: run, extra: ["restartPolicy": "Perhaps"]))
                    Issue.record("accepted")
                } catch let error as KubernetesError {
                    #expect(error.kind == .invalid)
                    #expect(error.causes.map(\.field).contains("spec.restartPolicy"))
                    #expect(error.message.contains("Perhaps"))
                }
            }
        }

        @Test func aPodThatEndsShowsItsExitCodeAndLog() async throws {
            try await RealCluster.use { client, run in
                let watcher = PodWatcher(
                    client: client, namespace: RealCluster.namespace, labelSelector: "test-run=\(run)",
                    logger: RealCluster.logger())
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        do { try await watcher.run() } catch is CancellationError {}
                    }
                    let name = "ends-\(run)"
                    let pod = try await client.createPod(
                        namespace: RealCluster.namespace,
                        manifest: try RealCluster.manifest(
                            name, run: run, command: ["sh", "-c", "echo last words; exit 3"]))
                    let termination = try await watcher.wait(for: name, uid: pod.uid, until: deadline) {
                        observation -> ContainerStatus.Termination? in
                        guard case .present(let pod) = observation,
                            case .terminated(let termination)? = pod.containerStatuses.first?.state
                        else { return nil }
                        return termination
                    }
                    #expect(termination.exitCode == 3)
                    #expect(
                        try await client.podLogs(namespace: RealCluster.namespace, name: name) == "last words\n")
                    group.cancelAll()
                }
            }
        }

        @Test func aWatchFromACompactedVersionIsGone() async throws {
            try await RealCluster.use { client, _ in
                do {
                    try await client.watchPods(
                        namespace: RealCluster.namespace, resourceVersion: "1", duration: .seconds(1)
                    ) { _ in }
                    // A server whose history reaches back that far ends the watch in the normal way.
                } catch let error as KubernetesError {
                    #expect(error.kind == .gone, "\(error)")
                }
            }
        }

        /// The token file holds a wrong token first, then a good one: the client takes up the good one on the 401, long
        /// before the file's contents are due to be read again.
        @Test func aRotatedTokenIsReadAfterA401() async throws {
            try await RealCluster.use { client, _ in
                let token = try await RealCluster.serviceAccountToken(client)
                let path =
                    FileManager.default.temporaryDirectory.path + "/kubeclient-token-\(UInt64.random(in: 0...(.max)))"
                defer { try? FileManager.default.removeItem(atPath: path) }
                try Data("wrong\n".utf8).write(to: URL(fileURLWithPath: path))
                var configuration = client.configuration
                // Nothing to fall back on: a kubeconfig would be read again after a 401, and has a certificate.
                configuration.source = nil
                configuration.tls.clientCertificate = nil
                configuration.tls.clientKey = nil
                configuration.identity.tokenFile = path
                let http = try HTTPClient()
                let byToken = KubernetesClient(configuration: configuration, http: http, logger: RealCluster.logger())
                let refused = await #expect(throws: KubernetesError.self) {
                    try await byToken.listPods(namespace: RealCluster.namespace)
                }
                #expect(refused?.kind == .unauthorized)
                try Data("\(token)\n".utf8).write(to: URL(fileURLWithPath: path))
                // Whether the account may list pods is the cluster's affair; that it is known is what counts.
                do throws(KubernetesError) {
                    _ = try await byToken.listPods(namespace: RealCluster.namespace)
                } catch {
                    #expect(error.kind == .forbidden, "\(error)")
                    #expect(error.message.contains("system:serviceaccount:"))
                }
                await http.shutdown()
            }
        }
    }
}
