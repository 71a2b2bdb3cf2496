import FoundationEssentials

/// A program that prints the credential to be used: the contract of `client.authentication.k8s.io`.
struct ExecPlugin: Hashable, Sendable {
    static let beta = "client.authentication.k8s.io/v1beta1"
    static let apiVersions = ["client.authentication.k8s.io/v1", beta]

    /// What the plugin is told of the cluster where it asks for that.
    struct ClusterInfo: Hashable, Sendable {
        var server: String
        var tlsServerName: String
        var skipsVerification: Bool
        var proxyURL: String
        var disablesCompression: Bool
        /// JSON; empty where the kubeconfig has none.
        var config: String
    }

    var apiVersion: String
    /// A path, or a name to be looked for on the PATH of `environment`.
    var command: String
    var arguments: [String]
    /// All of it: ours, and what the kubeconfig adds.
    var environment: [String: String]
    var installHint: String
    /// Nil: the plugin is told nothing.
    var cluster: ClusterInfo?

    /// The value of `KUBERNETES_EXEC_INFO`. A daemon has no terminal to offer.
    ///
    /// `authority`: the present bytes of the cluster's CA, be they from a file.
    func info(authority: [UInt8]?) -> String {
        var spec = [("interactive", "false")]
        if let cluster {
            var members = [("server", JSONText.string(cluster.server))]
            func add(_ name: String, _ text: String) {
                if !text.isEmpty { members.append((name, JSONText.string(text))) }
            }
            add("tls-server-name", cluster.tlsServerName)
            if cluster.skipsVerification { members.append(("insecure-skip-tls-verify", "true")) }
            if let authority { add("certificate-authority-data", Data(authority).base64EncodedString()) }
            add("proxy-url", cluster.proxyURL)
            if cluster.disablesCompression { members.append(("disable-compression", "true")) }
            if !cluster.config.isEmpty { members.append(("config", cluster.config)) }
            spec.append(("cluster", JSONText.object(members)))
        }
        return JSONText.object([
            ("kind", JSONText.string("ExecCredential")), ("apiVersion", JSONText.string(apiVersion)),
            ("spec", JSONText.object(spec)),
        ])
    }
}
