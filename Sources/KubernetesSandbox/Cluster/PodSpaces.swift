package import HTTPTransport
import KubernetesClient
package import Logging
package import SandboxCore

/// The namespaces of all profiles: one client for each cluster, one watch for each namespace.
package struct PodSpaces: Sendable {
    private struct Cluster: Hashable {
        var kubeConfigPath: String?
        var context: String?
        var inCluster: Bool?
    }

    private struct Key: Hashable {
        var cluster: Cluster
        var namespace: String
    }

    package private(set) var all: [PodSpace] = []
    private var indices: [String: Int] = [:]

    /// Throws `SandboxError` of kind `invalid` where a cluster's configuration cannot be used. `environment` is the
    /// process's own, by which kubeconfigs and in-cluster credentials are found.
    package init(
        settings: KubernetesSettings, profiles: [String: KubernetesProfile], http: HTTPClient,
        environment: [String: String], version: String, logger: Logger
    ) throws(SandboxError) {
        var clients: [Cluster: ClusterReach] = [:]
        var known: [Key: Int] = [:]
        for (name, profile) in profiles.sorted(by: { $0.key < $1.key }) {
            let cluster = Self.cluster(of: profile, settings)
            let key = Key(cluster: cluster, namespace: profile.namespace)
            if let index = known[key] {
                indices[name] = index
                continue
            }
            let reach: ClusterReach
            if let existing = clients[cluster] {
                reach = existing
            } else {
                let configuration = try Self.load(cluster, profile: name, environment: environment)
                logger.info("cluster", metadata: ["configuration": "\(configuration.origin)"])
                let client = KubernetesClient(
                    configuration: configuration, http: http, logger: logger, version: version,
                    requestsPerSecond: settings.requestsPerSecond)
                reach = ClusterReach(connect: settings.connect, client: client, http: http, logger: logger)
                clients[cluster] = reach
            }
            let watcher = PodWatcher(
                client: reach.client, namespace: profile.namespace,
                labelSelector: PodIdentity.selector(instance: settings.instance), logger: logger)
            known[key] = all.count
            indices[name] = all.count
            all.append(
                PodSpace(client: reach.client, namespace: profile.namespace, watcher: watcher, reach: reach))
        }
    }

    /// One for each cluster.
    package var reaches: [ClusterReach] {
        var seen: Set<ObjectIdentifier> = []
        return all.map(\.reach).filter { seen.insert(ObjectIdentifier($0)).inserted }
    }

    package func space(ofProfile name: String) -> PodSpace? { indices[name].map { all[$0] } }

    /// Where a pod may be whose profile is gone from the configuration.
    package func spaces(inNamespace namespace: String) -> [PodSpace] { all.filter { $0.namespace == namespace } }

    private static func cluster(of profile: KubernetesProfile, _ settings: KubernetesSettings) -> Cluster {
        guard profile.kubeConfigPath == nil, profile.inCluster == nil else {
            // The context belongs to the provider's own kubeconfig, not to another file.
            return Cluster(kubeConfigPath: profile.kubeConfigPath, context: nil, inCluster: profile.inCluster)
        }
        return Cluster(
            kubeConfigPath: settings.kubeConfigPath, context: settings.context, inCluster: settings.inCluster)
    }

    private static func load(
        _ cluster: Cluster, profile: String, environment: [String: String]
    ) throws(SandboxError) -> KubernetesConfiguration {
        do {
            guard cluster.inCluster != true else { return try .inCluster(environment: environment) }
            var environment = environment
            if cluster.inCluster == false {
                // What marks a pod to every client: without it only kubeconfigs are looked at.
                environment["KUBERNETES_SERVICE_HOST"] = nil
            }
            return try .load(
                kubeconfigPath: cluster.kubeConfigPath, context: cluster.context, environment: environment)
        } catch {
            throw .invalid("profile \(profile): the cluster's configuration cannot be used: \(error.message)")
        }
    }
}
