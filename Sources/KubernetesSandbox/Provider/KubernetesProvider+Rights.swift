import KubernetesClient
import Logging
package import SandboxCore
import Synchronization

extension KubernetesProvider {
    /// Asks the clusters, right by right, what the daemon may do in the namespaces of its profiles, and keeps what is
    /// missing in `missingRights`.
    ///
    /// What only makes things worse is logged. A cluster that does not answer this question changes nothing: the first
    /// session will show.
    ///
    /// Throws `SandboxError` of kind `backendUnavailable` that names every essential right that is missing, and how to
    /// grant it.
    package func checkRights() async throws(SandboxError) {
        var found: [MissingRights] = []
        for space in spaces.all {
            let missing = await missingRights(in: space)
            if !missing.isEmpty { found.append(missing) }
        }
        rights.withLock { $0 = found }
        for missing in found where missing.essential.isEmpty {
            logger.warning("rights are missing", metadata: ["rights": "\(missing.text)"])
        }
        let fatal = found.filter { !$0.essential.isEmpty }
        guard fatal.isEmpty else { throw .backendUnavailable(fatal.map(\.text).joined(separator: "; ")) }
    }

    /// What the last `checkRights` found missing, namespace by namespace.
    package var missingRights: [MissingRights] { rights.withLock { $0 } }

    private func missingRights(in space: PodSpace) async -> MissingRights {
        let users = profiles.filter { spaces.space(ofProfile: $0.key)?.watcher === space.watcher }.map(\.value)
        let server = try? await space.client.serverVersion()
        let needed = ClusterRight.table.compactMap { right in
            right.isEssential(for: users, connect: settings.connect, server: server)
                .map { (right: right, isEssential: $0) }
        }
        let refused = await withTaskGroup(of: Int?.self) { group in
            for (index, need) in needed.enumerated() {
                group.addTask { await self.isGranted(need.right, in: space) ? nil : index }
            }
            return await group.reduce(into: Set<Int>()) { refused, index in
                if let index { refused.insert(index) }
            }
        }
        let missing = refused.sorted().map { needed[$0] }
        return MissingRights(
            namespace: space.namespace, essential: missing.filter(\.isEssential).map(\.right),
            others: missing.filter { !$0.isEssential }.map(\.right))
    }

    private func isGranted(_ right: ClusterRight, in space: PodSpace) async -> Bool {
        do {
            return try await space.client.isAllowed(right.verb, right.resource, namespace: space.namespace)
        } catch {
            logger.notice(
                "the cluster does not say what the daemon may do",
                metadata: ["right": "\(right.verb) \(right.resource)", "error": "\(error.message)"])
            return true
        }
    }
}
