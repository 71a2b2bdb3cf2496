import FoundationEssentials
package import HTTPTransport
import KubernetesClient
package import Logging
package import SandboxCore
package import SessionManager
import Synchronization

/// A pod for every session.
///
/// `run()` must be running for everything else to work: it keeps the watch on which starts and deletions wait. The
/// `HTTPClient` is the caller's, who shuts it down after `run()` has ended.
package final class KubernetesProvider: SandboxProvider {
    /// The most events that wait for the manager; more become one `resync`.
    private static let maximumEvents = 1024

    package let backend = "kubernetes"
    /// The cluster keeps pods apart; nothing is to be said about it.
    package let isolation: String? = nil
    package let events: AsyncStream<SandboxEvent>

    /// How exec servers are reached, and which rights the daemon had not when it was started.
    package var details: [String: String] {
        let reaches = spaces.reaches
        var details = Dictionary(
            reaches.map { reach in
                let server = reach.client.configuration.server.url(path: "")
                return (reaches.count == 1 ? "connect" : "connect \(server)", reach.summary)
            }, uniquingKeysWith: { first, _ in first })
        let missing = missingRights
        if !missing.isEmpty { details["missing_rights"] = missing.map(\.text).joined(separator: "; ") }
        return details
    }

    let settings: KubernetesSettings
    let profiles: [String: KubernetesProfile]
    let spaces: PodSpaces
    let logger: Logger
    let rights = Mutex<[MissingRights]>([])
    private let feed: AsyncStream<SandboxEvent>.Continuation

    /// Reads the clusters' configurations; talks to no cluster yet. Throws `SandboxError` of kind `invalid` naming the
    /// profile and the setting that is wrong.
    ///
    /// `http` serves the API server and exec servers in pods alike. `environment` is the process's own: `KUBECONFIG`,
    /// `HOME` and what marks a pod. `version` is the daemon's, for the cluster's audit log.
    package init(
        settings: KubernetesSettings, profiles: [String: KubernetesProfile], http: HTTPClient,
        environment: [String: String], version: String, logger: Logger
    ) throws(SandboxError) {
        try settings.validate()
        guard !profiles.isEmpty else { throw .invalid("the kubernetes backend needs at least one profile") }
        for (name, profile) in profiles.sorted(by: { $0.key < $1.key }) {
            do {
                try profile.validate()
            } catch {
                throw SandboxError(error.kind, "profile \(name): \(error.message)")
            }
        }
        self.settings = settings
        self.profiles = profiles
        self.logger = logger
        spaces = try PodSpaces(
            settings: settings, profiles: profiles, http: http, environment: environment, version: version,
            logger: logger)
        // A manager that falls so far behind has to compare both sides anyway: see `publish`.
        (events, feed) = AsyncStream.makeStream(
            of: SandboxEvent.self, bufferingPolicy: .bufferingNewest(Self.maximumEvents))
    }

    package func sandboxName(sessionID: SessionID, generation: Int) -> String {
        SandboxName.make(
            prefix: settings.namePrefix, instance: settings.instance, sessionID: sessionID, generation: generation)
    }

    package func run() async throws {
        defer { feed.finish() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for reach in spaces.reaches { group.addTask { await reach.run() } }
            for space in spaces.all {
                group.addTask { try await space.watcher.run() }
                group.addTask { await self.follow(space.watcher) }
            }
            try await group.waitForAll()
        }
    }

    /// Passes on what the watch says about pods' beginnings and ends, each pod's once.
    private func follow(_ watcher: PodWatcher) async {
        var reported: Set<String> = []
        var met: Set<String> = []
        for await event in watcher.events {
            switch event {
            case .resync:
                // Pods that left unseen would be remembered for ever.
                let present = watcher.uids
                reported.formIntersection(present)
                // The comparison that follows sees them all.
                met = present
                publish(.resync)
            case .modified(let pod):
                if met.insert(pod.uid).inserted { publish(.appeared(FoundSandbox(pod, instance: settings.instance))) }
                guard let end = PodEnd(of: pod, container: nil), reported.insert(pod.uid).inserted else { continue }
                publish(.gone(name: pod.name, uid: pod.uid, end.reason, detail: end.ending))
            case .deleted(let pod):
                met.remove(pod.uid)
                let isNews = reported.remove(pod.uid) == nil
                // A released pod leaves the watch's selection, not the cluster.
                guard isNews, !PodOwnership(pod).isReleased else { continue }
                let end = PodEnd(of: pod, container: nil)
                // A watch says the same of a pod whose labels somebody changed: the sessions find out which it is.
                guard end != nil || pod.isTerminating else {
                    publish(.resync)
                    continue
                }
                publish(
                    .gone(
                        name: pod.name, uid: pod.uid, end?.reason ?? .deleted,
                        detail: end?.ending ?? "the pod was deleted"))
            }
        }
    }

    private func publish(_ event: SandboxEvent) {
        // The stream has just dropped its oldest event to make room; the last one now says that some are missing.
        if case .dropped = feed.yield(event) { feed.yield(.resync) }
    }

    func identity(of claim: SandboxClaim, in namespace: String) -> PodIdentity {
        PodIdentity(
            name: claim.sandboxName, namespace: namespace, instance: settings.instance, sessionID: claim.sessionID,
            generation: claim.generation, nonce: claim.nonce, createdAt: .now)
    }
}
