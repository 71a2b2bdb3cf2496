import Failpoints
import FoundationEssentials
import KubernetesClient
import Logging
package import SandboxCore
package import SessionManager

extension KubernetesProvider {
    package func discard(_ target: DiscardTarget) async throws(SandboxError) {
        let deadline = ContinuousClock.now + settings.deletionTimeout
        guard let (space, pod) = try await find(target) else { return }
        let isKept = PodLayout(annotations: pod.metadata.annotations)?.isKept ?? false
        if isKept, !pod.isTerminating { return try await release(pod, in: space) }
        do throws(KubernetesError) {
            let timeout = ContinuousClock.now.duration(to: deadline)
            if case .gone = try await space.client.deletePod(
                namespace: space.namespace, name: pod.name, uid: pod.uid, gracePeriodSeconds: gracePeriod(of: pod),
                timeout: timeout)
            {
                return
            }
            Failpoint.reach("kubernetes_deleting")
            try await waitUntilGone(pod, in: space, until: deadline)
        } catch {
            guard error.kind != .timeout else {
                let known = space.watcher.pod(named: pod.name)
                throw .backendUnavailable(
                    "pod \(space.namespace)/\(pod.name) is still being deleted after "
                        + "\(settings.deletionTimeout / .seconds(1)) s"
                        + Self.obstacle(known?.uid == pod.uid ? known ?? pod : pod))
            }
            throw SandboxError(error)
        }
    }

    /// Nil for the pod's own; 0, by the operator's setting, where its end is long overdue: its node does not answer, and
    /// may never say that the containers have stopped.
    private func gracePeriod(of pod: Pod) -> Int? {
        guard let limit = settings.forceDeleteAfter, let text = pod.metadata.deletionTimestamp,
            let due = try? Date(text, strategy: .iso8601), due.timeIntervalSinceNow < -(limit / .seconds(1))
        else { return nil }
        logger.warning(
            "a pod that does not end is removed by force (force_delete_after); its containers may still run",
            metadata: ["pod": "\(pod.name)", "node": "\(pod.nodeName)", "due": "\(text)"])
        return 0
    }

    package func inventory() async throws(SandboxError) -> [FoundSandbox] {
        var found: [String: FoundSandbox] = [:]
        let selector = PodIdentity.selector(instance: settings.instance)
        for space in spaces.all {
            var ofSpace: [FoundSandbox] = []
            do throws(KubernetesError) {
                _ = try await space.client.listPods(namespace: space.namespace, labelSelector: selector) {
                    pods, isFirst in
                    if isFirst { ofSpace = [] }
                    ofSpace += pods.lazy.map { FoundSandbox($0, instance: settings.instance) }
                }
            } catch {
                throw SandboxError(error)
            }
            // By UID: two kubeconfigs may lead to one cluster.
            for sandbox in ofSpace { found[sandbox.uid] = sandbox }
        }
        return found.values.sorted { $0.name < $1.name }
    }

    package func probe() async throws(SandboxError) {
        for space in spaces.all {
            do throws(KubernetesError) {
                try await space.client.probePods(namespace: space.namespace)
            } catch {
                throw SandboxError(error)
            }
        }
    }

    /// The pod of this UID; nil once the cluster has said that there is none.
    func find(
        name: String, uid: String, namespace: String?
    ) async throws(SandboxError) -> (PodSpace, Pod)? {
        let candidates = namespace.map { spaces.spaces(inNamespace: $0) } ?? spaces.all
        guard !candidates.isEmpty else {
            throw .backendUnavailable(
                "no profile uses namespace \(namespace ?? "") any more: put it back to reach pod \(name)")
        }
        for space in candidates {
            do throws(KubernetesError) {
                if let pod = try await space.pod(named: name), pod.uid == uid { return (space, pod) }
            } catch {
                throw SandboxError(error)
            }
        }
        return nil
    }

    /// The pod to delete, if it exists and is certainly this session's.
    private func find(_ target: DiscardTarget) async throws(SandboxError) -> (PodSpace, Pod)? {
        func isTarget(_ pod: Pod) -> Bool {
            if let uid = target.uid { return pod.uid == uid }
            return PodOwnership(pod).isOurs(instance: settings.instance, nonce: target.nonce)
        }
        for space in spaces.all {
            // The deletion names the UID, so a stale cache can do no harm.
            if let pod = space.watcher.pod(named: target.name), isTarget(pod) { return (space, pod) }
        }
        for space in spaces.all {
            do throws(KubernetesError) {
                guard let pod = try await space.pod(named: target.name) else { continue }
                if isTarget(pod) { return PodOwnership(pod).isReleased ? nil : (space, pod) }
                logger.warning(
                    "a pod of a session's name is not that session's and was left alone",
                    metadata: ["pod": "\(space.namespace)/\(pod.name)", "uid": "\(pod.uid)"])
            } catch {
                throw SandboxError(error)
            }
        }
        return nil
    }

    /// Lets a pod go that its profile wants to keep: with this label it is in no inventory and no watch any more.
    private func release(_ pod: Pod, in space: PodSpace) async throws(SandboxError) {
        do throws(KubernetesError) {
            _ = try await space.client.patchPod(
                namespace: space.namespace, name: pod.name, uid: pod.uid,
                labels: [PodIdentity.releasedLabel: "true"])
        } catch {
            // Gone, or another pod's name by now: either way nothing of this session is left.
            guard error.kind != .notFound, error.kind != .conflict else { return }
            throw SandboxError(error)
        }
        logger.info(
            "pod is left running (delete_on_stop: false)", metadata: ["pod": "\(space.namespace)/\(pod.name)"])
    }

    private func waitUntilGone(
        _ pod: Pod, in space: PodSpace, until deadline: ContinuousClock.Instant
    ) async throws(KubernetesError) {
        do throws(KubernetesError) {
            try await space.watcher.wait(for: pod.name, uid: pod.uid, until: deadline) { observation in
                if case .gone = observation { () } else { nil }
            }
        } catch {
            // The watch may have ended before this (the daemon is stopping): the cluster's own word counts, too.
            guard error.kind == .timeout || error.kind == .transport else { throw error }
            guard try await space.pod(named: pod.name)?.uid == pod.uid else { return }
            throw KubernetesError(.timeout, "pod \(space.namespace)/\(pod.name) is still there")
        }
    }

    /// What holds a deletion up, as far as the pod's last state tells.
    static func obstacle(_ pod: Pod) -> String {
        let (state, names) = (pod.hasStopped ? "; its containers have stopped" : "", pod.metadata.finalizers)
        if !names.isEmpty {
            return ClusterText.clean(
                "\(state); its object stays until whoever set the finalizers \(names.joined(separator: ", ")) removes "
                    + "them", limit: 1024)
        }
        guard state.isEmpty, !pod.nodeName.isEmpty else { return state }
        // Kubelets look at a deletion only after the pull under way (kubernetes#15925, #121435).
        let isPulling = pod.phase == "Pending" ? " It may be pulling an image, which a deletion waits for." : ""
        let why = [pod.reason, pod.message].filter { !$0.isEmpty }.joined(separator: ": ")
        return ClusterText.clean(
            "; does node \(pod.nodeName) answer?\(why.isEmpty ? "" : " (\(why))")\(isPulling)", limit: 1024)
    }
}

extension FoundSandbox {
    init(_ pod: Pod, instance: String) {
        let owner = PodOwnership(pod)
        self.init(
            name: pod.name, uid: pod.uid, nonce: owner.nonce, sessionID: owner.sessionID,
            generation: owner.generation, isTerminating: pod.isTerminating, fault: owner.fault(instance: instance))
    }
}
