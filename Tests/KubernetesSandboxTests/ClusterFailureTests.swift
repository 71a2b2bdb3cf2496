import Foundation
import KubernetesClient
import SandboxCore
import SessionManager
import Testing

@testable import KubernetesSandbox

/// Starts that cannot succeed, on a real cluster: each fails as early as the cluster knows, in the cluster's words.
@Suite(.enabled(if: RealCluster.isThere), .serialized, .timeLimit(.minutes(3))) struct ClusterFailureTests {
    private struct Failed {
        var phase: String
        var reason: String
        var detail: String
        var elapsed: Double
        var error: SandboxError
    }

    private func failure(
        _ provider: KubernetesProvider, _ session: String = "s", timeout: Duration = .seconds(60)
    ) async throws -> Failed {
        let claim = try RealCluster.claim(provider, session, timeout: timeout)
        let thrown = await #expect(throws: SandboxError.self) { try await provider.start(claim) }
        let error = try #require(thrown)
        guard case .startFailed(let phase, let reason, let detail, let elapsed) = error.kind else { throw error }
        return Failed(phase: phase.rawValue, reason: reason, detail: detail, elapsed: elapsed, error: error)
    }

    private func failure(
        template: String, timeout: Duration = .seconds(60)
    ) async throws -> Failed {
        let template = try ManifestValue(json: Array(template.utf8))
        var result: Failed?
        try await RealCluster.use(["default": RealCluster.profile { $0.podTemplate = template }]) { provider in
            result = try await failure(provider, timeout: timeout)
        }
        return try #require(result)
    }

    // MARK: - Images

    /// containerd talks plain HTTP to a registry on loopback. What it answers is what registries do (OCI distribution
    /// specification, "Error codes").
    @Test(
        "T61 an image that a registry does not have, or not for us, fails at once",
        arguments: [
            (404, "MANIFEST_UNKNOWN", "not found"), (401, "UNAUTHORIZED", "401 Unauthorized"),
            (403, "DENIED", "403 Forbidden"),
        ])
    func refusedImages(code: Int, error: String, words: String) async throws {
        let registry = try ScriptedServer { _, _ in
            (code, #"{"errors":[{"code":"\#(error)","message":"no"}]}"#)
        }
        defer { registry.stop() }
        let image = "127.0.0.1:\(registry.port)/no/such:1"
        try await RealCluster.use(["default": RealCluster.profile(image)]) { provider in
            let failed = try await failure(provider)
            #expect(failed.phase == "pull")
            #expect(["ErrImagePull", "ImagePullBackOff"].contains(failed.reason))
            #expect(failed.detail.contains(image) && failed.detail.contains(words), "\(failed.detail)")
            #expect(failed.elapsed < 15)
            #expect(failed.error.timing["schedule"] != nil && failed.error.timing["ready"] == nil)
            #expect(failed.error.message.contains("on node ") && failed.error.message.contains("phase Pending"))
            #expect(!registry.requests.isEmpty)
            try await gone(provider)
        }
    }

    /// The cause comes with the first failure alone; the statuses after it only say `Back-off pulling image`.
    @Test("T61 T62 a registry where nothing listens: the cause survives the back-off")
    func anImageThatCannotBePulledFailsEarlyWithItsCause() async throws {
        let image = "127.0.0.1:9/no/such:1"
        try await RealCluster.use(["default": RealCluster.profile(image)]) { provider in
            let failed = try await failure(provider)
            #expect(failed.phase == "pull")
            #expect(failed.detail.contains("connection refused") && failed.detail.contains(image))
            #expect(failed.elapsed < 15)
            try await gone(provider)
        }
    }

    /// A failed start's pod does not wait for its node, which looks at deletions only between pulls.
    private func gone(_ provider: KubernetesProvider) async throws {
        let claim = try RealCluster.claim(provider)
        try await provider.discard(DiscardTarget(name: claim.sandboxName, uid: nil, nonce: "n1"))
        #expect(try await provider.inventory().isEmpty)
    }

    @Test("T61 a name that is no image's") func aBadImageName() async throws {
        try await RealCluster.use(["default": RealCluster.profile("docker.io/UPPER/Case:1")]) { provider in
            let failed = try await failure(provider)
            #expect(failed.phase == "pull" && failed.reason == "InvalidImageName")
            #expect(failed.detail.contains("UPPER/Case"))
            #expect(failed.elapsed < 15)
        }
    }

    // MARK: - Containers

    @Test("T61 a Secret that is not there is named") func aMissingSecret() async throws {
        let failed = try await failure(
            template: #"{"spec":{"containers":[{"envFrom":[{"secretRef":{"name":"no-such-secret"}}]}]}}"#)
        #expect(failed.phase == "create" && failed.reason == "CreateContainerConfigError")
        #expect(failed.detail.contains("no-such-secret"))
        #expect(failed.elapsed < 30)
    }

    /// The status says `ContainerCreating` for as long as one looks.
    @Test("T61 a volume that cannot be mounted is named from the node's events") func aMissingVolume() async throws {
        let failed = try await failure(
            template: #"""
                {"spec":{"volumes":[{"name":"v","secret":{"secretName":"no-such-volume"}}],
                 "containers":[{"volumeMounts":[{"name":"v","mountPath":"/v"}]}]}}
                """#, timeout: .seconds(5))
        #expect(failed.phase == "create" && failed.reason == "FailedMount")
        #expect(failed.detail.contains("no-such-volume"))
    }

    @Test("T61 running out of memory is called so") func outOfMemory() async throws {
        let failed = try await failure(
            template: #"""
                {"spec":{"initContainers":[{"name":"hog","image":"docker.io/library/busybox:1",
                 "command":["sh","-c","x=$(head -c 200000000 /dev/zero | tr '\\0' x); echo ${#x}"],
                 "resources":{"limits":{"memory":"16Mi"}}}]}}
                """#)
        #expect(failed.phase == "start")
        #expect(failed.detail.contains("container hog") && failed.detail.contains("out of memory"), "\(failed)")
    }

    @Test("T61 a deadline of the pod's own") func aPodsDeadline() async throws {
        let failed = try await failure(
            template: #"""
                {"spec":{"activeDeadlineSeconds":1,"initContainers":[{"name":"slow",
                 "image":"docker.io/library/busybox:1","command":["sleep","60"]}]}}
                """#)
        #expect(failed.reason == "DeadlineExceeded", "\(failed)")
    }

    @Test("T61 no node has as much") func tooMuchCPU() async throws {
        let failed = try await failure(
            template: #"{"spec":{"containers":[{"resources":{"requests":{"cpu":"1000"}}}]}}"#, timeout: .seconds(4))
        #expect(failed.phase == "schedule" && failed.reason == "Unschedulable")
        #expect(failed.detail.contains("Insufficient cpu"))
        #expect(failed.error.timing["schedule"] != nil && failed.error.timing["start"] == nil)
    }

    // MARK: - Admission

    @Test("T41 a full quota is told, and waited for") func quota() async throws {
        try await RealCluster.withNamespace { namespace in
            try RealCluster.kubectl("-n", namespace, "create", "quota", "few", "--hard=pods=1")
            try await RealCluster.use(["default": RealCluster.profile { $0.namespace = namespace }]) { provider in
                let first = try RealCluster.claim(provider, "first")
                let info = try await provider.start(first).info
                let failed = try await failure(provider, "refused", timeout: .seconds(2))
                #expect(failed.phase == "create" && failed.reason == "QuotaExceeded")
                #expect(failed.detail.contains("requested: pods=1, used: pods=1, limited: pods=1"), "\(failed.detail)")
                async let second = provider.start(RealCluster.claim(provider, "second", timeout: .seconds(60)))
                try await provider.discard(DiscardTarget(name: first.sandboxName, uid: info.uid, nonce: "n1"))
                #expect(try await second.info.uid != info.uid)
            }
        }
    }

    @Test("T43 what admission refuses is told in its words") func admission() async throws {
        try await RealCluster.withNamespace { namespace in
            let profile = RealCluster.profile { $0.namespace = namespace }
            try RealCluster.apply(
                """
                apiVersion: v1
                kind: LimitRange
                metadata: {name: small, namespace: \(namespace)}
                spec: {limits: [{type: Container, max: {memory: 8Mi}}]}
                """)
            try await RealCluster.use(["default": profile]) { provider in
                let failed = try await failure(provider)
                #expect(failed.phase == "create" && failed.reason == "LimitRange")
                #expect(failed.detail.contains("maximum memory usage per Container is 8Mi"), "\(failed.detail)")
                #expect(failed.elapsed < 15)
            }
            try RealCluster.kubectl("-n", namespace, "delete", "limitrange", "small")
            var stranger = profile
            stranger.serviceAccountName = "nobody"
            try await RealCluster.use(["default": stranger]) { provider in
                let failed = try await failure(provider)
                #expect(failed.phase == "create" && failed.reason == "ServiceAccountMissing")
                #expect(failed.detail.contains("nobody"))
                #expect(failed.elapsed < 15, "a new namespace's account appears within moments")
            }
            try await webhookThatDoesNotAnswer(profile, namespace)
            // A namespace stays Terminating for as long as an object in it has a finalizer.
            try RealCluster.kubectl("-n", namespace, "create", "configmap", "held")
            try RealCluster.kubectl(
                "-n", namespace, "patch", "configmap", "held", "--type=merge", "-p",
                #"{"metadata":{"finalizers":["example.com/hold"]}}"#)
            try RealCluster.kubectl("delete", "namespace", namespace, "--wait=false")
            try await RealCluster.use(["default": profile]) { provider in
                let failed = try await failure(provider)
                #expect(failed.phase == "create" && failed.reason == "NamespaceTerminating")
            }
            try RealCluster.kubectl(
                "-n", namespace, "patch", "configmap", "held", "--type=merge", "-p",
                #"{"metadata":{"finalizers":null}}"#)
        }
    }

    @Test(
        "T43 what a webhook denies is told in its words",
        .enabled(if: DenyingWebhook.isPossible, "the API server does not reach this host's loopback"))
    func denied() async throws {
        let webhook = try DenyingWebhook()
        try await RealCluster.withNamespace { namespace in
            try RealCluster.kubectl("label", "namespace", namespace, "webhook=\(namespace)")
            try RealCluster.apply(
                """
                apiVersion: admissionregistration.k8s.io/v1
                kind: ValidatingWebhookConfiguration
                metadata: {name: \(namespace)}
                webhooks:
                - name: costs.example.com
                  clientConfig: {url: "\(webhook.url)", caBundle: \(webhook.authorityBase64)}
                  rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
                  namespaceSelector: {matchLabels: {webhook: \(namespace)}}
                  admissionReviewVersions: [v1]
                  sideEffects: None
                """)
            defer { _ = try? RealCluster.kubectl("delete", "validatingwebhookconfiguration", namespace) }
            try await RealCluster.use(["default": RealCluster.profile { $0.namespace = namespace }]) { provider in
                let refused = try await refusalOfANewWebhook(provider)
                guard case .startFailed(let phase, let reason, let detail, _) = refused?.kind else {
                    Issue.record("\(String(describing: refused))")
                    return
                }
                #expect(phase.rawValue == "create" && reason == "DeniedByWebhook")
                #expect(detail.contains("costs.example.com") && detail.contains(DenyingWebhook.message), "\(detail)")
            }
        }
    }

    /// A new webhook takes the API server a moment to notice.
    private func refusalOfANewWebhook(_ provider: KubernetesProvider) async throws -> SandboxError? {
        for attempt in 0..<20 {
            let claim = try RealCluster.claim(provider, "w\(attempt)", timeout: .seconds(4))
            do throws(SandboxError) {
                _ = try await provider.start(claim)
            } catch {
                return error
            }
        }
        return nil
    }

    private func webhookThatDoesNotAnswer(_ profile: KubernetesProfile, _ namespace: String) async throws {
        try RealCluster.kubectl("label", "namespace", namespace, "webhook=\(namespace)")
        try RealCluster.apply(
            """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingWebhookConfiguration
            metadata: {name: \(namespace)}
            webhooks:
            - name: silent.example.com
              clientConfig: {url: "https://127.0.0.1:9/"}
              rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
              namespaceSelector: {matchLabels: {webhook: \(namespace)}}
              admissionReviewVersions: [v1]
              sideEffects: None
              timeoutSeconds: 1
              failurePolicy: Fail
            """)
        defer { _ = try? RealCluster.kubectl("delete", "validatingwebhookconfiguration", namespace) }
        try await RealCluster.use(["default": profile]) { provider in
            let refused = try await refusalOfANewWebhook(provider)
            // It may come back, and the pod may have been made: unavailable, with the webhook's name.
            #expect(refused?.kind == .backendUnavailable)
            #expect(refused?.message.contains("silent.example.com") == true, "\(String(describing: refused))")
        }
    }

    // MARK: - Ends

    @Test("T47 a finalizer keeps the object: stopped, and tracked until it is gone") func aFinalizer() async throws {
        try await RealCluster.use(
            ["default": RealCluster.profile()], deletionTimeout: .seconds(20)
        ) { provider in
            let claim = try RealCluster.claim(provider)
            let info = try await provider.start(claim).info
            let target = DiscardTarget(name: claim.sandboxName, uid: info.uid, nonce: "n1")
            try RealCluster.kubectl(
                "-n", RealCluster.namespace, "patch", "pod", info.name, "--type=merge", "-p",
                #"{"metadata":{"finalizers":["example.com/hold"]}}"#)
            let error = await #expect(throws: SandboxError.self) { try await provider.discard(target) }
            #expect(error?.kind == .backendUnavailable)
            #expect(error?.message.contains("its containers have stopped") == true, "\(String(describing: error))")
            #expect(error?.message.contains("example.com/hold") == true)
            #expect(try await provider.inventory().map(\.isTerminating) == [true])
            async let discarded: Void = provider.discard(target)
            try RealCluster.kubectl(
                "-n", RealCluster.namespace, "patch", "pod", info.name, "--type=merge", "-p",
                #"{"metadata":{"finalizers":null}}"#)
            try await discarded
            #expect(try await provider.inventory().isEmpty)
        }
    }

    /// As `kubectl drain` does it. Before 1.26 such a pod does not say that it was evicted.
    @Test("T63 a pod that is drained is gone") func aDrainedPod() async throws {
        try await RealCluster.use(["default": RealCluster.profile()]) { provider in
            let info = try await provider.start(RealCluster.claim(provider)).info
            let eviction = FileManager.default.temporaryDirectory.appendingPathComponent("eviction-\(UUID()).json")
            defer { try? FileManager.default.removeItem(at: eviction) }
            try #"""
            {"apiVersion":"policy/v1beta1","kind":"Eviction",
             "metadata":{"name":"\#(info.name)","namespace":"\#(RealCluster.namespace)"}}
            """#.write(to: eviction, atomically: true, encoding: .utf8)
            try RealCluster.kubectl(
                "create", "--raw", "/api/v1/namespaces/\(RealCluster.namespace)/pods/\(info.name)/eviction", "-f",
                eviction.path)
            let (reason, _) = try await end(of: info, provider)
            #expect(reason == .deleted || reason == .evicted)
        }
    }

    /// The kubelet measures volumes about once a minute.
    @Test("T63 a pod over its ephemeral storage is evicted, and says so") func anEvictedPod() async throws {
        let template = try ManifestValue(
            json: Array(
                #"""
                {"spec":{"volumes":[{"name":"small","emptyDir":{"sizeLimit":"1Mi"}}],
                 "containers":[{"volumeMounts":[{"name":"small","mountPath":"/small"}]}]}}
                """#.utf8))
        try await RealCluster.use(["default": RealCluster.profile { $0.podTemplate = template }]) { provider in
            let started = try await provider.start(RealCluster.claim(provider))
            _ = try await started.sandbox.execute("head -c 8000000 /dev/zero > /small/file", timeout: .seconds(20))
            let (reason, detail) = try await end(of: started.info, provider)
            #expect(reason == .evicted)
            #expect(detail.contains("small"), "\(detail)")
            guard case .gone(.evicted, _) = await provider.liveness(started.info) else {
                Issue.record("not evicted")
                return
            }
        }
    }

    private func end(of info: SandboxInfo, _ provider: KubernetesProvider) async throws -> (GoneReason, String) {
        for await event in provider.events {
            if case .gone(_, info.uid, let reason, let detail) = event { return (reason, detail.text) }
        }
        throw CancellationError()
    }
}
