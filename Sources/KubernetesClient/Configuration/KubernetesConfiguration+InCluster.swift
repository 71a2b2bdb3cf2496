extension KubernetesConfiguration {
    /// Whether this process runs in a pod with a service account (client-go's `inClusterConfig.Possible`).
    static func isInCluster(environment: [String: String], directory: String) -> Bool {
        environment["KUBERNETES_SERVICE_HOST"]?.nonEmpty != nil
            && environment["KUBERNETES_SERVICE_PORT"]?.nonEmpty != nil
            && Files.isRegular(directory + "/token")
    }

    static func inCluster(
        namespace: String?, environment: [String: String], directory: String, readFile: FileReader
    ) throws(KubernetesError) -> Self {
        guard let host = environment["KUBERNETES_SERVICE_HOST"]?.nonEmpty,
            let port = environment["KUBERNETES_SERVICE_PORT"]?.nonEmpty
        else {
            throw .configuration(
                "unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be "
                    + "defined")
        }
        let isIPv6 = host.contains(":") || host.contains("%")
        var identity = Identity()
        identity.tokenFile = directory + "/token"
        var tls = TLS()
        tls.authority = .file(directory + "/ca.crt")
        // Without the authority's certificate any server with a public one could be handed the token: fail instead.
        for (what, path) in [("token", directory + "/token"), ("certificate authority", directory + "/ca.crt")] {
            do {
                _ = try readFile(path)
            } catch {
                throw .configuration("unable to read the service account's \(what) \(path): \(error.message)")
            }
        }
        let file = (try? readFile(directory + "/namespace")).map { String(decoding: $0, as: UTF8.self).trimmed }
        let server = try ServerAddress("https://" + (isIPv6 ? "[\(host)]" : host) + ":" + port)
        return Self(
            server: server,
            namespace: namespace ?? environment["POD_NAMESPACE"]?.nonEmpty ?? file?.nonEmpty ?? "default", tls: tls,
            identity: identity, proxy: ProxyEnvironment(environment).proxy(for: server),
            origin: "the pod's service account")
    }
}

extension String {
    /// Without white space (ASCII) at both ends.
    var trimmed: String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\n" || $0 == "\t" || $0 == "\r" || $0 == "\r\n" }
        return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}
