import Foundation
import KubernetesClient
import SandboxCore
import SessionManager
import Testing

@testable import KubernetesSandbox

@Suite(.enabled(if: RealCluster.isThere), .serialized, .timeLimit(.minutes(2))) struct ClusterStartTests {
    @Test("T36 T45 a start is repeatable, and discard confirms") func startIsRepeatableAndDiscardConfirms() async throws
    {
        try await RealCluster.use(["default": RealCluster.profile()]) { provider in
            let claim = try RealCluster.claim(provider)
            let started = try await provider.start(claim)
            #expect(started.info.name == claim.sandboxName)
            #expect(started.info.namespace == RealCluster.namespace)
            #expect(started.info.mode == "api")
            #expect(started.info.node != nil && started.info.ip != nil && started.info.image != nil)
            #expect(await provider.liveness(started.info) == .alive)
            // The answer was lost: the same claim again takes the same pod up.
            let again = try await provider.start(claim)
            #expect(again.info.uid == started.info.uid)
            // A stranger of the same name is left alone.
            var stranger = claim
            stranger.nonce = "other"
            let error = await #expect(throws: SandboxError.self) { try await provider.start(stranger) }
            guard case .startFailed(.create, "AlreadyExists", _, _)? = error?.kind else {
                Issue.record("\(String(describing: error))")
                return
            }
            try await provider.discard(DiscardTarget(name: claim.sandboxName, uid: nil, nonce: "other"))
            try await provider.discard(DiscardTarget(name: claim.sandboxName, uid: "another-uid", nonce: "n1"))
            #expect(await provider.liveness(started.info) == .alive)
            let found = try await provider.inventory()
            #expect(
                found == [
                    FoundSandbox(
                        name: claim.sandboxName, uid: started.info.uid, nonce: "n1", sessionID: claim.sessionID,
                        generation: 1, isTerminating: false)
                ])
            try await provider.discard(DiscardTarget(name: claim.sandboxName, uid: started.info.uid, nonce: "n1"))
            #expect(try await provider.inventory().isEmpty)
            guard case .gone(.deleted, _) = await provider.liveness(started.info) else {
                Issue.record("not gone")
                return
            }
            // Gone already is success, with and without a UID.
            try await provider.discard(DiscardTarget(name: claim.sandboxName, uid: started.info.uid, nonce: "n1"))
            try await provider.discard(DiscardTarget(name: claim.sandboxName, uid: nil, nonce: "n1"))
        }
    }

    @Test func discardByNonceFindsAPodWhoseUIDWasNeverKnown() async throws {
        try await RealCluster.use(["default": RealCluster.profile()]) { provider in
            let claim = try RealCluster.claim(provider)
            _ = try await provider.start(claim)
            try await provider.discard(DiscardTarget(name: claim.sandboxName, uid: nil, nonce: "n1"))
            #expect(try await provider.inventory().isEmpty)
        }
    }

    @Test func anotherDaemonOfTheInstanceAdopts() async throws {
        let profiles = ["default": RealCluster.profile()]
        try await RealCluster.use(profiles) { first in
            let claim = try RealCluster.claim(first, environment: ["GREETING": "it's $(HOME) $$x"])
            let started = try await first.start(claim)
            let written = try await started.sandbox.execute(
                "echo kept > file; printf %s \"$GREETING\"", timeout: .seconds(20))
            #expect(written.output == "it's $(HOME) $$x")
            try await RealCluster.withProvider(instance: first.settings.instance, profiles) { second in
                guard case .adopted(let adopted) = await second.adopt(claim, info: started.info) else {
                    Issue.record("not adopted")
                    return
                }
                #expect(adopted.info == started.info)
                let read = try await adopted.sandbox.execute("cat file", timeout: .seconds(20))
                #expect(read.output == "kept\n")
                var stranger = claim
                stranger.nonce = "other"
                guard case .unknown = await second.adopt(stranger, info: started.info) else {
                    Issue.record("a stranger's pod was adopted")
                    return
                }
                var replaced = started.info
                replaced.uid = "another-uid"
                guard case .gone(.deleted, _) = await second.adopt(claim, info: replaced) else {
                    Issue.record("another UID was adopted")
                    return
                }
            }
        }
    }

    @Test func anUnschedulablePodFailsEarlyWithTheSchedulersWords() async throws {
        let template = try ManifestValue(json: Array(#"{"spec":{"nodeSelector":{"no":"such"}}}"#.utf8))
        try await RealCluster.use(["default": RealCluster.profile { $0.podTemplate = template }]) { provider in
            let error = await #expect(throws: SandboxError.self) {
                try await provider.start(RealCluster.claim(provider))
            }
            guard case .startFailed(.schedule, "Unschedulable", let detail, let elapsed)? = error?.kind else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(detail.contains("nodes are available"))
            #expect(elapsed < 30)
        }
    }

    @Test func aPodThatEndsByItselfSaysHow() async throws {
        let template = try ManifestValue(
            json: Array(
                #"""
                {"spec":{"initContainers":[{"name":"setup","image":"docker.io/library/busybox:1",
                 "command":["sh","-c","echo no config >&2; exit 7"]}]}}
                """#.utf8))
        try await RealCluster.use(["default": RealCluster.profile { $0.podTemplate = template }]) { provider in
            let error = await #expect(throws: SandboxError.self) {
                try await provider.start(RealCluster.claim(provider))
            }
            guard case .startFailed(.start, "Error", let detail, _)? = error?.kind else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(detail.contains("container setup ended with exit code 7"))
            #expect(detail.contains("no config"))
        }
    }

    @Test("T61 a program that is not there is named") func aProgramThatIsNotThereIsNamed() async throws {
        let template = try ManifestValue(
            json: Array(#"{"spec":{"containers":[{"command":["/no/such/program"]}]}}"#.utf8))
        try await RealCluster.use(["default": RealCluster.profile { $0.podTemplate = template }]) { provider in
            let error = await #expect(throws: SandboxError.self) {
                try await provider.start(RealCluster.claim(provider))
            }
            guard case .startFailed(.start, _, let detail, let elapsed)? = error?.kind else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(detail.contains("/no/such/program"))
            #expect(elapsed < 30)
        }
    }

    @Test func whatTheServerRefusesIsToldAtOnce() async throws {
        let template = try ManifestValue(
            json: Array(#"{"spec":{"containers":[{"resources":{"limits":{"cpu":"much"}}}]}}"#.utf8))
        try await RealCluster.use(["default": RealCluster.profile { $0.podTemplate = template }]) { provider in
            let error = await #expect(throws: SandboxError.self) {
                try await provider.start(RealCluster.claim(provider))
            }
            guard case .startFailed(.create, _, let detail, _)? = error?.kind else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(detail.contains("quantities must match") || detail.contains("much"))
        }
    }

    @Test func aMissingNamespaceIsNamed() async throws {
        try await RealCluster.use(["default": RealCluster.profile { $0.namespace = "no-such-namespace" }]) { provider in
            let error = await #expect(throws: SandboxError.self) {
                try await provider.start(RealCluster.claim(provider))
            }
            guard case .startFailed(.create, "NotFound", let detail, _)? = error?.kind else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(detail.contains("no-such-namespace"))
        }
    }

    @Test func aStartThatTakesTooLongSaysWhatItWaitsFor() async throws {
        let template = try ManifestValue(
            json: Array(
                #"{"spec":{"initContainers":[{"name":"slow","image":"docker.io/library/busybox:1","command":["sleep","60"]}]}}"#
                    .utf8))
        try await RealCluster.use(["default": RealCluster.profile { $0.podTemplate = template }]) { provider in
            let claim = try RealCluster.claim(provider, timeout: .seconds(3))
            let error = await #expect(throws: SandboxError.self) { try await provider.start(claim) }
            guard case .startFailed(.create, "PodInitializing", let detail, _)? = error?.kind else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(detail.contains("not ready in 3.0 s"))
            #expect(try await provider.inventory().allSatisfy(\.isTerminating), "the pod is being deleted")
        }
    }

    @Test func theEndOfAPodIsReported() async throws {
        try await RealCluster.use(["default": RealCluster.profile()]) { provider in
            let info = try await provider.start(RealCluster.claim(provider)).info
            try RealCluster.kubectl("-n", RealCluster.namespace, "delete", "pod", info.name, "--wait=false")
            for await event in provider.events {
                guard case .gone(let name, let uid, let reason, _) = event else { continue }
                #expect(name == info.name && uid == info.uid && reason == .deleted)
                break
            }
            guard case .gone(.deleted, _) = await provider.liveness(info) else {
                Issue.record("not gone")
                return
            }
        }
    }

    @Test func aKeptPodIsReleasedAndNeverTouchedAgain() async throws {
        try await RealCluster.use(["default": RealCluster.profile { $0.deleteOnStop = false }]) { provider in
            let claim = try RealCluster.claim(provider)
            let info = try await provider.start(claim).info
            let target = DiscardTarget(name: claim.sandboxName, uid: info.uid, nonce: "n1")
            try await provider.discard(target)
            #expect(try await provider.inventory().isEmpty)
            try await provider.discard(target)
            let phase = try RealCluster.kubectl(
                "-n", RealCluster.namespace, "get", "pod", info.name, "-o",
                "jsonpath={.status.phase} {.metadata.labels.podkeeper\\.dev/released} {.metadata.deletionTimestamp}")
            #expect(phase == "Running true ")
        }
    }

    @Test func anUnreachableClusterSaysNothingAboutASandbox() async throws {
        let kubeconfig = FileManager.default.temporaryDirectory.appendingPathComponent("kubesandbox-\(UUID()).yaml")
        // Port 9 (discard): nobody listens there.
        let text = """
            {"apiVersion":"v1","kind":"Config","current-context":"c","contexts":[{"name":"c","context":{"cluster":"c","user":"u"}}],
             "clusters":[{"name":"c","cluster":{"server":"http://127.0.0.1:9"}}],"users":[{"name":"u","user":{}}]}
            """
        try text.write(to: kubeconfig, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: kubeconfig) }
        let profile = RealCluster.profile { $0.kubeConfigPath = kubeconfig.path }
        try await RealCluster.withProvider(instance: "nobody", ["default": profile]) { provider in
            let claim = try RealCluster.claim(provider, timeout: .seconds(1))
            let error = await #expect(throws: SandboxError.self) { try await provider.start(claim) }
            #expect(error?.kind == .backendUnavailable)
        }
    }
}
