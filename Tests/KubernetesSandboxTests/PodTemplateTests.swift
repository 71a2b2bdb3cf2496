import SandboxCore
import Testing

@testable import KubernetesSandbox

@Suite struct PodTemplateTests {
    private func build(_ json: String, _ change: (inout KubernetesProfile) -> Void = { _ in }) throws -> ManifestValue {
        let template = try ManifestValue(json: Array(json.utf8))
        return try Fixtures.build(
            Fixtures.profile {
                $0.podTemplate = template
                change(&$0)
            }
        ).manifest
    }

    @Test(arguments: [
        "{}", #"{"metadata":null,"spec":null}"#, #"{"metadata":{"labels":null,"annotations":null}}"#,
        #"{"spec":{"containers":null}}"#, #"{"spec":{"containers":[]}}"#, #"{"spec":{"containers":[{}]}}"#,
        #"{"spec":{"containers":[{"ports":null,"env":null,"volumeMounts":null}],"volumes":null,"initContainers":null}}"#,
    ]) func anyShapeIsFilledIn(json: String) throws {
        for execd in [nil, "execd:1"] {
            let pod = try build(json) { $0.execdImage = execd }
            #expect(pod["kind"] == "Pod")
            #expect(pod["apiVersion"] == "v1")
            #expect(pod.at("spec", "containers", 0, "image") == "python:3.12-slim")
            #expect(pod.at("spec", "containers", 0, "name") == "sandbox")
            #expect(pod.at("metadata", "labels", "podkeeper.dev/instance") == "test")
            #expect(pod.variable("SANDBOX_PORT") == "8080")
            #expect(pod.at("spec", "automountServiceAccountToken") == false)
        }
    }

    @Test func whatTheTemplateSaysStays() throws {
        let pod = try build(
            #"""
            {"metadata":{"name":"mine","namespace":"other","generateName":"g-","labels":{"app":"x"},"annotations":{"a":"b"}},
             "spec":{"nodeSelector":{"pool":"sandboxes"},"runtimeClassName":"gvisor","restartPolicy":"Always",
              "automountServiceAccountToken":true,"terminationGracePeriodSeconds":0,"hostUsers":false,
              "containers":[{"image":"theirs","workingDir":"/app","resources":{"limits":{"nvidia.com/gpu":1}},
               "env":[{"name":"A","value":"template"},{"name":"S","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}}],
               "ports":[{"containerPort":80,"name":"exec"}],"readinessProbe":{"exec":{"command":["true"]}}}]}}
            """#
        ) {
            $0.env = ["A": "profile", "B": "profile"]
            $0.labels = ["app": "profile", "team": "t"]
        }
        #expect(pod.at("metadata", "name")?.string?.hasPrefix("sandbox-user-42-") == true)
        #expect(pod.at("metadata", "namespace") == "agents")
        #expect(pod.at("metadata", "generateName") == nil)
        #expect(pod.at("metadata", "labels", "app") == "x")
        #expect(pod.at("metadata", "labels", "team") == "t")
        #expect(pod.at("metadata", "annotations", "a") == "b")
        #expect(pod.at("spec", "nodeSelector", "pool") == "sandboxes")
        #expect(pod.at("spec", "runtimeClassName") == "gvisor")
        #expect(pod.at("spec", "restartPolicy") == "Always")
        #expect(pod.at("spec", "automountServiceAccountToken") == true)
        #expect(pod.at("spec", "terminationGracePeriodSeconds") == 0)
        #expect(pod.at("spec", "hostUsers") == false)
        let container = try #require(pod.at("spec", "containers", 0))
        #expect(container["image"] == "python:3.12-slim")
        #expect(container["workingDir"] == "/app")
        #expect(container.at("resources", "limits", "nvidia.com/gpu") == 1)
        #expect(container["readinessProbe"] == ["exec": ["command": ["true"]]])
        #expect(pod.variable("A") == "template")
        #expect(pod.variable("B") == "profile")
        #expect(container["env"]?.array?.contains { $0.at("valueFrom", "secretKeyRef", "name") == "s" } == true)
        #expect(
            container["ports"] == [["containerPort": 80, "name": "exec"], ["containerPort": 8080, "protocol": "TCP"]])
        #expect(container["securityContext"] == nil)
    }

    @Test func theContainerCalledSandboxIsTheSandbox() throws {
        let json = #"{"spec":{"containers":[{"name":"proxy","image":"envoy"},{"name":"sandbox"}]}}"#
        let pod = try build(json)
        #expect(pod.at("spec", "containers", 0) == ["name": "proxy", "image": "envoy"])
        #expect(pod.at("spec", "containers", 1, "image") == "python:3.12-slim")
        #expect(pod.at("metadata", "annotations", "podkeeper.dev/container") == "sandbox")
    }

    @Test func elseTheFirstOneIsUnderItsOwnName() throws {
        let pod = try build(#"{"spec":{"containers":[{"name":"main"},{"name":"proxy","image":"envoy"}]}}"#)
        #expect(pod.at("spec", "containers", 0, "image") == "python:3.12-slim")
        #expect(pod.at("spec", "containers", 1, "image") == "envoy")
        #expect(pod.at("metadata", "annotations", "podkeeper.dev/container") == "main")
    }

    @Test func ourVariablesWinOverTheTemplates() throws {
        let json = #"""
            {"spec":{"containers":[{"env":[{"name":"SANDBOX_EXEC_TOKEN","value":"x"},{"name":"SANDBOX_PORT","value":"1"},
             {"name":"A","value":"1"},{"name":"A","value":"2"}]}]}}
            """#
        let names = try build(json).environment().map(\.0)
        #expect(names.count == Set(names).count)
        #expect(try build(json).variable("SANDBOX_EXEC_TOKEN") == "t0ken")
        #expect(try build(json).variable("A") == "2")
    }

    @Test func injectionGoesIntoATemplateThatRunsAsRoot() throws {
        let pod = try build(
            #"{"spec":{"securityContext":{"runAsUser":0},"containers":[{"command":["nginx"],"args":["-g"]}],"initContainers":[{"name":"mine"}]}}"#
        ) { $0.execdImage = "execd:1" }
        #expect(pod.at("spec", "containers", 0, "command", 0) == "/podkeeper/podkeeper-execd")
        #expect(pod.at("spec", "containers", 0, "args") == nil)
        #expect(pod.at("spec", "initContainers", 0, "name") == "podkeeper")
        #expect(pod.at("spec", "initContainers", 0, "securityContext", "runAsUser") == 1000)
        #expect(pod.at("spec", "initContainers", 1, "name") == "mine")
    }

    @Test func apiModeKeepsATemplatesCommand() throws {
        let own = try build(#"{"spec":{"containers":[{"args":["serve"]}]}}"#) { $0.mode = .api }
        #expect(own.at("spec", "containers", 0, "command") == nil)
        let none = try build("{}") { $0.mode = .api }
        #expect(none.at("spec", "containers", 0, "command") == PodBuilder.keepAlive)
    }

    @Test(arguments: [
        (#"[]"#, "pod_template must be an object, is a list"),
        (#"{"kind":"Deployment"}"#, "pod_template.kind must be Pod, is Deployment"),
        (#"{"spec":[]}"#, "pod_template.spec must be an object, is a list"),
        (#"{"spec":{"containers":"x"}}"#, "pod_template.spec.containers must be a list, is a string"),
        (#"{"spec":{"containers":[1]}}"#, "pod_template.spec.containers[0] must be an object, is a number"),
        (
            #"{"spec":{"containers":[{"name":7}]}}"#,
            "pod_template.spec.containers[0].name must be a string, is a number"
        ),
        (#"{"spec":{"containers":[{"env":{}}]}}"#, "pod_template.spec.containers[0].env must be a list, is an object"),
        (
            #"{"spec":{"containers":[{"env":[{"value":"1"}]}]}}"#,
            "pod_template.spec.containers[0].env[0].name is missing"
        ),
        (
            #"{"spec":{"containers":[{"env":[{"name":"A","value":1}]}]}}"#,
            "pod_template.spec.containers[0].env[0].value must be a string, is a number"
        ),
        (
            #"{"spec":{"containers":[{"ports":true}]}}"#,
            "pod_template.spec.containers[0].ports must be a list, is a boolean"
        ),
        (
            #"{"spec":{"containers":[{},{"name":"sandbox","workingDir":"x"}]}}"#,
            "pod_template.spec.containers[1].workingDir"
        ),
        (#"{"spec":{"volumes":{}}}"#, "pod_template.spec.volumes must be a list, is an object"),
        (#"{"spec":{"volumes":[{"name":"podkeeper"}]}}"#, "pod_template.spec.volumes[0].name must not be podkeeper"),
        (#"{"metadata":{"labels":{"a":1}}}"#, "pod_template.metadata.labels.a must be a string, is a number"),
        (
            #"{"metadata":{"labels":{"podkeeper.dev/instance":"x"}}}"#,
            "pod_template.metadata.labels: 'podkeeper.dev/instance'"
        ),
        (#"{"metadata":"x"}"#, "pod_template.metadata must be an object, is a string"),
    ]) func aWrongFieldIsNamedByItsPath(json: String, message: String) throws {
        let template = try ManifestValue(json: Array(json.utf8))
        let profile = Fixtures.profile {
            $0.podTemplate = template
            $0.execdImage = "execd:1"
        }
        let error = #expect(throws: SandboxError.self) { try profile.validate() }
        #expect(error?.kind == .invalid)
        #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "")")
    }
}
