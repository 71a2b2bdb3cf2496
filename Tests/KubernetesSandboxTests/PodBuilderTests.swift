import FoundationEssentials
import SandboxCore
import Testing

@testable import KubernetesSandbox

@Suite struct PodBuilderTests {
    @Test func defaultPodKeepsTheReferencesHardening() throws {
        let pod = try Fixtures.build(Fixtures.profile()).manifest
        let spec = try #require(pod["spec"])
        #expect(spec["restartPolicy"] == "Never")
        #expect(spec["automountServiceAccountToken"] == false)
        #expect(spec["serviceAccountName"] == "default")
        #expect(spec["enableServiceLinks"] == false)
        #expect(spec["terminationGracePeriodSeconds"] == 5)
        #expect(
            spec["securityContext"] == [
                "runAsNonRoot": true, "runAsUser": 1000, "runAsGroup": 1000, "fsGroup": 1000,
                "seccompProfile": ["type": "RuntimeDefault"],
            ])
        let container = try #require(spec.at("containers", 0))
        #expect(container.at("securityContext", "readOnlyRootFilesystem") == true)
        #expect(container.at("securityContext", "allowPrivilegeEscalation") == false)
        #expect(container.at("securityContext", "capabilities", "drop") == ["ALL"])
        #expect(container.at("resources", "requests", "memory") == "256Mi")
        #expect(container.at("resources", "requests", "cpu") == "100m")
        #expect(container.at("resources", "limits", "memory") == "768Mi")
        #expect(container.at("resources", "limits", "cpu") == "1")
        #expect(container.at("resources", "limits", "ephemeral-storage") == "2Gi")
        #expect(container["workingDir"] == "/workspace")
        #expect(container["image"] == "python:3.12-slim")
        #expect(pod.variable("HOME") == "/workspace")
        #expect(pod.variable("PYTHONUNBUFFERED") == "1")
        #expect(spec.at("volumes", 0, "emptyDir", "sizeLimit") == "1Gi")
        #expect(spec.at("volumes", 1, "emptyDir", "sizeLimit") == "256Mi")
    }

    @Test func metadataSaysWhoseThePodIs() throws {
        let pod = try Fixtures.build(
            Fixtures.profile { $0.labels = ["team": "search", "tier": "profile"] },
            labels: ["tier": "session", "job": "7"]
        ).manifest
        let metadata = try #require(pod["metadata"])
        #expect(metadata["name"]?.string == "sandbox-user-42-\(try hash("user-42").prefix(8))-1")
        #expect(metadata["namespace"] == "agents")
        let labels = try #require(metadata["labels"])
        #expect(labels["app.kubernetes.io/managed-by"] == "podkeeper")
        #expect(labels["podkeeper.dev/instance"] == "test")
        #expect(labels["podkeeper.dev/session"]?.string == String(try hash("user-42").prefix(40)))
        #expect(labels["team"] == "search")
        // An operator's label wins over a session's: network policies go by it.
        #expect(labels["tier"] == "profile")
        #expect(labels["job"] == "7")
        let annotations = try #require(metadata["annotations"])
        #expect(annotations["podkeeper.dev/session-id"] == "user-42")
        #expect(annotations["podkeeper.dev/generation"] == "1")
        #expect(annotations["podkeeper.dev/nonce"] == "n0nce")
        #expect(annotations["podkeeper.dev/created-at"] == "2023-11-14T22:13:20.250Z")
    }

    private func hash(_ id: String) throws -> String { SHA256.hex(Array("test".utf8) + [0] + Array(id.utf8)) }

    @Test func imageServerGetsTheTokenAndAProbe() throws {
        let built = try Fixtures.build(Fixtures.profile { $0.port = 9000 })
        #expect(built.layout.access == .image)
        #expect(built.manifest.variable("SANDBOX_EXEC_TOKEN") == "t0ken")
        #expect(built.manifest.variable("SANDBOX_EXEC_TOKEN_SHA256") == nil)
        #expect(built.manifest.variable("SANDBOX_PORT") == "9000")
        let container = try #require(built.manifest.at("spec", "containers", 0))
        #expect(container["ports"] == [["containerPort": 9000, "name": "exec", "protocol": "TCP"]])
        #expect(container.at("readinessProbe", "httpGet") == ["path": "/health", "port": 9000])
        #expect(container["command"] == nil)
    }

    @Test func injectedServerGetsOnlyTheTokensDigest() throws {
        let built = try Fixtures.build(Fixtures.profile { $0.execdImage = "registry.example/podkeeper-execd:1" })
        #expect(built.layout.access == .inject)
        #expect(built.manifest.variable("SANDBOX_EXEC_TOKEN_SHA256") == SHA256.hex("t0ken".utf8))
        #expect(!String(decoding: try built.manifest.json(), as: UTF8.self).contains("t0ken"))
        let spec = try #require(built.manifest["spec"])
        let main = try #require(spec.at("containers", 0))
        #expect(
            main["command"] == [
                "/podkeeper/podkeeper-execd", "init", "--", "serve", "--port", "8080", "--work-dir", "/workspace",
            ])
        #expect(main["readinessProbe"] == nil)
        #expect(main.at("volumeMounts", 2) == ["name": "podkeeper", "mountPath": "/podkeeper", "readOnly": true])
        let installer = try #require(spec.at("initContainers", 0))
        #expect(installer["image"] == "registry.example/podkeeper-execd:1")
        #expect(installer["command"] == ["podkeeper-execd", "install", "/podkeeper/podkeeper-execd"])
        #expect(installer["imagePullPolicy"] == "IfNotPresent")
        #expect(installer.at("securityContext", "capabilities", "drop") == ["ALL"])
        #expect(installer.at("securityContext", "runAsUser") == nil, "the pod's own user goes for it")
        #expect(spec.at("volumes", 2, "name") == "podkeeper")
    }

    @Test func apiModeHasACommandThatStaysAndNoToken() throws {
        let built = try Fixtures.build(Fixtures.profile { $0.mode = .api })
        #expect(built.layout.access == .api)
        #expect(built.manifest.at("spec", "containers", 0, "command") == PodBuilder.keepAlive)
        #expect(built.manifest.environment().allSatisfy { !$0.0.hasPrefix("SANDBOX_") })
        #expect(built.manifest.at("spec", "containers", 0, "ports") == nil)
        #expect(!String(decoding: try built.manifest.json(), as: UTF8.self).contains("t0ken"))
    }

    @Test func variablesAppearOnceAndOursCannotBeOverridden() throws {
        let profile = Fixtures.profile {
            $0.env = ["SANDBOX_EXEC_TOKEN": "evil", "HOME": "/home/x", "A": "profile", "B": "profile"]
        }
        let pod = try Fixtures.build(profile, env: ["SANDBOX_PORT": "1", "B": "session", "PYTHONUNBUFFERED": "0"])
            .manifest
        let names = pod.environment().map(\.0)
        #expect(names.count == Set(names).count)
        #expect(pod.variable("SANDBOX_EXEC_TOKEN") == "t0ken")
        #expect(pod.variable("SANDBOX_PORT") == "8080")
        #expect(pod.variable("HOME") == "/home/x")
        #expect(pod.variable("A") == "profile")
        #expect(pod.variable("B") == "session")
        #expect(pod.variable("PYTHONUNBUFFERED") == "0")
    }

    @Test func valuesAreNotSubstitutedByTheKubelet() throws {
        let pod = try Fixtures.build(Fixtures.profile(), env: ["X": "a$b$$c$(HOME)"]).manifest
        #expect(pod.variable("X") == "a$$b$$$$c$$(HOME)")
    }

    @Test(arguments: [
        ["podkeeper.dev/released": "true"], ["app.kubernetes.io/managed-by": "me"], ["bad key": "x"],
        ["team": "with space"], ["a/b/c": "x"],
    ]) func sessionLabelsThatNoPodMayCarryAreRefused(labels: [String: String]) throws {
        let error = #expect(throws: SandboxError.self) { try Fixtures.build(Fixtures.profile(), labels: labels) }
        #expect(error?.kind == .invalid)
        #expect(error?.message.contains(labels.keys.first ?? "?") == true)
    }

    @Test func aSessionsOddVariableNamesAreRefused() throws {
        for name in ["", "1A", "A=B", "A B", "é"] {
            #expect(throws: SandboxError.self) { try Fixtures.build(Fixtures.profile(), env: [name: "x"]) }
        }
    }

    @Test func theSameClaimGivesTheSameBytes() throws {
        let profile = Fixtures.profile { $0.env = ["C": "1", "A": "2", "B": "3"] }
        let first = try Fixtures.build(profile, labels: ["x": "1", "y": "2"]).manifest.json()
        #expect(try first == Fixtures.build(profile, labels: ["x": "1", "y": "2"]).manifest.json())
    }

    @Test func layoutSurvivesThePodsAnnotations() throws {
        let built = try Fixtures.build(
            Fixtures.profile {
                $0.deleteOnStop = false
                $0.workDirectory = "/srv/work"
                $0.port = 7
            })
        let annotations = try #require(built.manifest.at("metadata", "annotations")?.object)
        #expect(PodLayout(annotations: annotations.compactMapValues(\.string)) == built.layout)
        #expect(built.layout.isKept)
        #expect(PodLayout(annotations: [:]) == nil)
    }
}
