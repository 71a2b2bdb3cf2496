import SandboxCore
import Testing

@testable import KubernetesSandbox

@Suite struct ProfileTests {
    @Test func defaultsAreTheSpecifications() throws {
        let profile = KubernetesProfile(image: "busybox:1")
        #expect(profile.namespace == "default")
        #expect(profile.mode == .http)
        #expect(profile.port == 8080)
        #expect(profile.execToken == nil)
        #expect(profile.podTemplate == nil)
        #expect(profile.kubeConfigPath == nil)
        #expect(profile.inCluster == nil)
        #expect(profile.startupTimeout == .seconds(60))
        #expect(profile.idleTimeout == .seconds(3600))
        #expect(profile.labels.isEmpty && profile.env.isEmpty)
        #expect(profile.deleteOnStop)
        #expect(profile.serviceAccountName == "default")
        #expect(profile.effectiveExecServer == .image)
        try profile.validate()
    }

    @Test func injectIsTheDefaultWhereThereIsAnImageForIt() {
        var profile = KubernetesProfile(image: "busybox:1")
        profile.execdImage = "execd:1"
        #expect(profile.effectiveExecServer == .inject)
        profile.execServer = .image
        #expect(profile.effectiveExecServer == .image)
        profile.mode = .api
        #expect(profile.effectiveExecServer == nil)
    }

    private static let wrong: [(String, @Sendable (inout KubernetesProfile) -> Void)] = [
        ("image", { $0.image = "" }), ("namespace", { $0.namespace = "Agents" }), ("port", { $0.port = 0 }),
        ("port", { $0.port = 65_536 }), ("service_account_name", { $0.serviceAccountName = "a b" }),
        ("exec_server", { $0.execServer = .inject }), ("exec_token", { $0.execToken = "a\nb" }),
        ("exec_token", { $0.execToken = "" }), ("exec_token", { $0.execToken = "é" }),
        ("work_dir", { $0.workDirectory = "work" }), ("work_dir", { $0.workDirectory = "/" }),
        ("work_dir", { $0.workDirectory = "/tmp" }), ("work_dir", { $0.workDirectory = "/podkeeper" }),
        ("work_dir", { $0.workDirectory = "/a/../b" }), ("labels", { $0.labels = ["-a": "x"] }),
        ("env", { $0.env = ["A=": "x"] }), ("startup_timeout", { $0.startupTimeout = .zero }),
    ]

    @Test(arguments: wrong.indices) func aWrongSettingIsNamed(index: Int) {
        let (name, change) = Self.wrong[index]
        let error = #expect(throws: SandboxError.self) { try Fixtures.profile { change(&$0) }.validate() }
        #expect(error?.kind == .invalid)
        #expect(error?.message.hasPrefix(name) == true, "\(error?.message ?? "")")
    }

    @Test(arguments: ["", "a b", "-a", String(repeating: "a", count: 64)]) func instanceIDsMustFitALabel(id: String) {
        #expect(throws: SandboxError.self) { try KubernetesSettings(instance: id).validate() }
    }

    @Test func prefixesMustFitAName() throws {
        var settings = KubernetesSettings(instance: "a")
        try settings.validate()
        settings.namePrefix = "Sandbox_"
        #expect(throws: SandboxError.self) { try settings.validate() }
    }

    @Test func templateValuesKeepTheirTypes() throws {
        let json = #"{"a":"1","b":1,"c":1.5,"d":true,"e":null,"f":[{}],"g":"true"}"#
        let value = try ManifestValue(json: Array(json.utf8))
        #expect(value["a"] == "1")
        #expect(value["b"] == 1)
        #expect(value["c"] == .number(1.5))
        #expect(value["d"] == true)
        #expect(value["e"] == nil)
        #expect(value["g"] == "true")
        #expect(String(decoding: try value.json(), as: UTF8.self) == json)
    }
}
