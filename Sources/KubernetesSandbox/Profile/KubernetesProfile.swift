import SandboxCore

/// How the pods of one profile are made: the specification's parameters under its names and with its defaults, and
/// what it lacks (`exec_server`, `execd_image`, `work_dir`).
package struct KubernetesProfile: Hashable, Sendable {
    /// How the sandbox is reached once its pod runs.
    package enum Mode: String, Hashable, Sendable, CaseIterable { case http, api }

    /// Whose exec server a pod in `http` mode runs.
    package enum ExecServer: String, Hashable, Sendable, CaseIterable {
        /// Ours, copied into the pod by an init container; works in any image.
        case inject
        /// The image's own; only `/health` and `/exec` are relied on.
        case image
    }

    package static let defaultWorkDirectory = "/workspace"

    package var image: String
    package var namespace = "default"
    package var mode = Mode.http
    /// Where the exec server listens, in `http` mode.
    package var port = 8080
    /// A fixed secret for every sandbox of the profile; nil takes the random one of each claim.
    package var execToken: String?
    /// A pod of the operator's own, used verbatim but for what `PodTemplate` fills in.
    package var podTemplate: ManifestValue?
    /// Nil is the provider's own cluster.
    package var kubeConfigPath: String?
    /// True and false choose in-cluster credentials or a kubeconfig; nil tries the former first.
    package var inCluster: Bool?
    package var startupTimeout = Duration.seconds(60)
    package var idleTimeout = Duration.seconds(3600)
    /// Labels of every pod. They win over a session's own, and lose against the template's.
    package var labels: [String: String] = [:]
    /// Variables of every sandbox. A session's own win over them, and the template's over both.
    package var env: [String: String] = [:]
    /// False leaves the pod running when its session ends, with the label `podkeeper.dev/released=true`: from then on
    /// it belongs to whoever asked for that, is in no inventory, and is never deleted by the daemon.
    package var deleteOnStop = true
    package var serviceAccountName = "default"
    /// Nil is `inject` where there is an `execdImage`, else `image`.
    package var execServer: ExecServer?
    /// The image that holds `podkeeper-execd` as its entry point.
    package var execdImage: String?
    /// Nil is the template's `workingDir` where it has one, else `/workspace`.
    package var workDirectory: String?

    package init(image: String) {
        self.image = image
    }

    /// What `execServer` comes to; nil in `api` mode.
    package var effectiveExecServer: ExecServer? {
        guard mode == .http else { return nil }
        return execServer ?? (execdImage == nil ? .image : .inject)
    }
}
