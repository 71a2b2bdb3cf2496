import FoundationEssentials
import KubernetesClient
import SandboxCore

@testable import KubernetesSandbox

enum Fixtures {
    static func identity(_ session: String = "user-42", generation: Int = 1) throws -> PodIdentity {
        let id = try SessionID(session)
        let name = SandboxName.make(prefix: "sandbox", instance: "test", sessionID: id, generation: generation)
        return PodIdentity(
            name: name, namespace: "agents", instance: "test", sessionID: id, generation: generation, nonce: "n0nce",
            createdAt: Date(timeIntervalSince1970: 1_700_000_000.25))
    }

    static func profile(_ change: (inout KubernetesProfile) -> Void = { _ in }) -> KubernetesProfile {
        var profile = KubernetesProfile(image: "python:3.12-slim")
        profile.namespace = "agents"
        change(&profile)
        return profile
    }

    static func build(
        _ profile: KubernetesProfile, labels: [String: String] = [:], env: [String: String] = [:]
    ) throws -> BuiltPod {
        try PodBuilder(profile: profile, identity: identity(), token: "t0ken", labels: labels, environment: env).build()
    }

    static func pod(
        phase: String = "Pending", node: String = "n1", reason: String = "", message: String = "",
        deleting: Bool = false, conditions: [PodCondition] = [], containers: [ContainerStatus] = [],
        inits: [ContainerStatus] = []
    ) -> Pod {
        Pod(
            metadata: ObjectMetadata(
                name: "sandbox-a-00000000-1", namespace: "agents", uid: "u1",
                deletionTimestamp: deleting ? "2026-01-01T00:00:00Z" : nil),
            nodeName: node, containerNames: ["sandbox"], phase: phase, reason: reason, message: message,
            conditions: conditions, containerStatuses: containers, initContainerStatuses: inits)
    }

    static func main(_ state: ContainerStatus.State, image: String = "python:3") -> ContainerStatus {
        ContainerStatus(name: "sandbox", image: image, state: state)
    }
}

extension ManifestValue {
    /// `value.at("spec", "containers", 0, "name")`.
    func at(_ path: any PathStep...) -> ManifestValue? {
        path.reduce(self as ManifestValue?) { value, step in value.flatMap { step.take(from: $0) } }
    }

    /// The environment of the container at `index`, as a list so that duplicates show.
    func environment(container index: Int = 0) -> [(String, String?)] {
        (at("spec", "containers", index, "env")?.array ?? []).map { ($0["name"]?.string ?? "", $0["value"]?.string) }
    }

    func variable(_ name: String, container index: Int = 0) -> String? {
        environment(container: index).last { $0.0 == name }?.1
    }
}

protocol PathStep { func take(from value: ManifestValue) -> ManifestValue? }
extension String: PathStep { func take(from value: ManifestValue) -> ManifestValue? { value[self] } }
extension Int: PathStep {
    func take(from value: ManifestValue) -> ManifestValue? {
        value.array.flatMap { $0.indices.contains(self) ? $0[self] : nil }
    }
}
