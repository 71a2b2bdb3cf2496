package import KubernetesSandbox
import SandboxCore
package import SessionManager

/// One profile as the file has it: the specification's parameters by their own names. Absent ones keep their default.
package struct ProfileSettings: Hashable, Sendable {
    package let name: String
    package var image: String?
    package var namespace: String?
    package var mode: KubernetesProfile.Mode?
    package var port: Int?
    package var execToken: String?
    package var podTemplate: ManifestValue?
    package var kubeConfigPath: String?
    package var inCluster: Bool?
    package var startupTimeout: Duration?
    package var idleTimeout: Duration?
    package var maxLifetime: Duration?
    package var labels: [String: String] = [:]
    package var env: [String: String] = [:]
    package var deleteOnStop: Bool?
    package var serviceAccountName: String?
    package var execServer: KubernetesProfile.ExecServer?
    package var execdImage: String?
    package var workDirectory: String?
    package var pool: PoolPolicy?

    package init(name: String) { self.name = name }
}

extension ProfileSettings {
    init(name: String, _ section: inout YAMLSection) throws {
        self.init(name: name)
        image = try section.string("image")
        namespace = try section.string("namespace")
        mode = try section.choice("mode", KubernetesProfile.Mode.self)
        port = try section.integer("port", in: 1...65_535)
        execToken = try section.string("exec_token")
        podTemplate = try section.take("pod_template").map { try ManifestValue(yaml: $0, file: section.file) }
        kubeConfigPath = try section.string("kube_config_path")
        inCluster = try section.bool("in_cluster")
        startupTimeout = try section.duration("startup_timeout")
        idleTimeout = try section.duration("idle_timeout")
        maxLifetime = try section.duration("max_lifetime")
        labels = try section.stringMap("labels") ?? [:]
        env = try section.stringMap("env") ?? [:]
        do {
            try ArgumentLimits.check(environment: env, of: "\(section.path).env")
        } catch {
            throw ConfigurationError(file: section.file, line: nil, error.message)
        }
        deleteOnStop = try section.bool("delete_on_stop")
        serviceAccountName = try section.string("service_account_name")
        execServer = try section.choice("exec_server", KubernetesProfile.ExecServer.self)
        execdImage = try section.string("execd_image")
        workDirectory = try section.string("work_dir")
        pool = try Self.pool(&section)
        try section.finish()
    }

    private static func pool(_ profile: inout YAMLSection) throws -> PoolPolicy? {
        var section = try profile.section("pool")
        let size = try section.integer("size", in: 0...10_000) ?? 0
        var pool = PoolPolicy(size: size)
        pool.maxStarting = try section.integer("max_starting", in: 1...10_000) ?? pool.maxStarting
        let end = try section.choice("on_shutdown", SessionSettings.OnShutdown.self) ?? .keep
        pool.isReleasedOnShutdown = end == .release
        try section.finish()
        return size == 0 ? nil : pool
    }

    /// The profile as far as the rules of sessions are concerned.
    package var sessionProfile: SessionProfile {
        SessionProfile(
            name: name, idleTimeout: idleTimeout, maxLifetime: maxLifetime, startupTimeout: startupTimeout,
            pool: pool)
    }

    /// The pods of this profile. `namespace` is what the context or the cluster settings say where the profile does not.
    /// Throws `ConfigurationError` for a profile that no pod can be made of.
    package func kubernetesProfile(
        cluster: ClusterSettings, defaultNamespace: String, defaultStartupTimeout: Duration
    ) throws -> KubernetesProfile {
        guard let image else {
            throw ConfigurationError(
                "profile '\(name)' has no image; set profiles.\(name).image in the configuration, such as python:3.12-slim"
            )
        }
        var profile = KubernetesProfile(image: image)
        profile.namespace = namespace ?? cluster.namespace ?? defaultNamespace
        profile.mode = mode ?? profile.mode
        profile.port = port ?? profile.port
        profile.execToken = execToken
        profile.podTemplate = podTemplate
        profile.kubeConfigPath = kubeConfigPath
        profile.inCluster = inCluster
        profile.startupTimeout = startupTimeout ?? defaultStartupTimeout
        profile.idleTimeout = idleTimeout ?? profile.idleTimeout
        profile.labels = labels
        profile.env = env
        profile.deleteOnStop = deleteOnStop ?? profile.deleteOnStop
        profile.serviceAccountName = serviceAccountName ?? profile.serviceAccountName
        profile.execServer = execServer
        profile.execdImage = execdImage ?? cluster.execdImage
        profile.workDirectory = workDirectory
        guard pool == nil || profile.effectiveExecServer == .inject, pool == nil || profile.deleteOnStop else {
            throw ConfigurationError(
                "profile '\(name)': a pool needs mode http with podkeeper-execd in the pod (exec_server: inject), through "
                    + "which a session's env reaches a sandbox that runs already, and delete_on_stop: true")
        }
        do {
            try profile.validate()
        } catch {
            throw ConfigurationError("profile '\(name)': \(error.message)")
        }
        return profile
    }
}
