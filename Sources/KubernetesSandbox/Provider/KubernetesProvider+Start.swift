import KubernetesClient
import Logging
package import SandboxCore
package import SessionManager

extension KubernetesProvider {
    /// How long an adoption waits for the watch's first list.
    private static let syncLimit = Duration.seconds(10)

    package func start(_ claim: SandboxClaim) async throws(SandboxError) -> StartedSandbox {
        guard let profile = profiles[claim.profile], let space = spaces.space(ofProfile: claim.profile) else {
            throw .invalid("there is no profile \(claim.profile)")
        }
        let identity = identity(of: claim, in: profile.namespace)
        let token = profile.execToken ?? claim.token
        let builder = PodBuilder(
            profile: profile, identity: identity, token: token, labels: claim.labels, environment: claim.environment)
        let start = PodStart(
            space: space, identity: identity, built: try builder.build(), token: token,
            startupTimeout: claim.startupTimeout, logger: logger)
        return try await start.run()
    }

    package func adopt(_ claim: SandboxClaim, info: SandboxInfo) async -> Adoption {
        do throws(SandboxError) {
            guard let (space, pod) = try await watchedOrFound(info) else {
                return .gone(.deleted, detail: "pod \(info.namespace ?? "")/\(info.name) of UID \(info.uid) is gone")
            }
            guard PodOwnership(pod).isOurs(instance: settings.instance, nonce: claim.nonce) else {
                return .unknown(
                    SandboxError(.conflict, "pod \(pod.name) does not carry this session's nonce; it was left alone"))
            }
            if let end = PodEnd(of: pod, container: nil) { return .gone(end.reason, detail: end.ending) }
            guard let layout = PodLayout(annotations: pod.metadata.annotations) else {
                return .unknown(
                    SandboxError(
                        .internal, "pod \(pod.name) does not say how it is reached: its annotations were changed"))
            }
            guard pod.phase == "Running", layout.access == .api || !pod.podIP.isEmpty else {
                return .unknown(.backendUnavailable("pod \(pod.name) is \(pod.phase)"))
            }
            if let end = Self.endOfContainer(of: pod) { return .unknown(.backendUnavailable(end)) }
            let token = profiles[claim.profile]?.execToken ?? claim.token
            let reach = PodReach(pod: pod, layout: layout, token: token, space: space)
            try await reach.check()
            // The daemon before this one may have died between the claim and the labels.
            do throws(SandboxError) {
                try await relabel(pod, in: space, for: claim)
            } catch {
                logger.warning(
                    "a claimed pod does not carry its session's labels",
                    metadata: ["pod": "\(pod.name)", "error": "\(error)"])
            }
            var adopted = reach.started
            adopted.info.timing = info.timing
            return .adopted(adopted)
        } catch {
            return .unknown(error)
        }
    }

    /// The pod as the watch has it, which costs the API server nothing however many sessions a restart finds; where the
    /// watch does not have it, the API server's own word.
    private func watchedOrFound(_ info: SandboxInfo) async throws(SandboxError) -> (PodSpace, Pod)? {
        let deadline = ContinuousClock.now + Self.syncLimit
        for space in info.namespace.map({ spaces.spaces(inNamespace: $0) }) ?? spaces.all {
            await space.watcher.waitForSync(until: deadline)
            if let pod = space.watcher.pod(named: info.name), pod.uid == info.uid { return (space, pod) }
        }
        return try await find(name: info.name, uid: info.uid, namespace: info.namespace)
    }

    package func liveness(_ info: SandboxInfo) async -> Liveness {
        do throws(SandboxError) {
            guard let (_, pod) = try await find(name: info.name, uid: info.uid, namespace: info.namespace) else {
                return .gone(.deleted, detail: "pod \(info.namespace ?? "")/\(info.name) of UID \(info.uid) is gone")
            }
            if let end = PodEnd(of: pod, container: nil) { return .gone(end.reason, detail: end.ending) }
            guard pod.phase == "Running" else { return .unknown("pod \(pod.name) is \(pod.phase)") }
            if let end = Self.endOfContainer(of: pod) { return .unknown(end) }
            return .alive
        } catch {
            return .unknown(error.message)
        }
    }

    /// How the sandbox's container has ended in a pod that runs all the same; the kubelet may start it again.
    private static func endOfContainer(of pod: Pod) -> String? {
        let container = PodLayout(annotations: pod.metadata.annotations)?.container
        for status in pod.containerStatuses where status.name == container {
            if case .terminated(let end) = status.state { return PodEnd.sentence(of: status.name, end) }
        }
        return nil
    }
}
