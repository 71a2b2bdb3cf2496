import FoundationEssentials

extension KubernetesConfiguration {
    /// Turns selected kubeconfig entries into settings.
    ///
    /// `namespace`: overrides the context's.
    ///
    /// `environment`: of the process, for proxies and exec plugins.
    ///
    /// Throws `configuration` for data that is not base64, for an address that is no URL, and for certificates and keys
    /// that `readFile` cannot read, all of them at once.
    init(
        _ selection: KubeconfigSelection, namespace: String?, origin: String, environment: [String: String],
        readFile: FileReader
    ) throws(KubernetesError) {
        let cluster = selection.cluster
        let user = selection.user
        var problems: [String] = []
        var tls = TLS()
        func material(_ data: String, _ path: String, data dataKey: String, path pathKey: String, of owner: String)
            -> Material?
        {
            if !data.isEmpty {
                guard let bytes = Data(base64Encoded: data, options: .ignoreUnknownCharacters), !bytes.isEmpty else {
                    problems.append("\(dataKey) for \(owner) is not base64")
                    return nil
                }
                return .bytes([UInt8](bytes))
            }
            guard !path.isEmpty else { return nil }
            do {
                _ = try readFile(path)
            } catch {
                problems.append("unable to read \(pathKey) \(path) for \(owner) due to \(error.message)")
            }
            return .file(path)
        }
        tls.authority = material(
            cluster.certificateAuthorityData, cluster.certificateAuthority, data: "certificate-authority-data",
            path: "certificate-authority", of: selection.clusterName)
        tls.serverName = cluster.tlsServerName.nonEmpty
        tls.skipsVerification = Kubeconfig.flag(cluster.insecureSkipTLSVerify) == true
        let hasTLSMaterial =
            tls.authority != nil || !user.clientCertificate.isEmpty || !user.clientCertificateData.isEmpty
            || tls.skipsVerification
        let server = try ServerAddress(cluster.server, hasTLSMaterial: hasTLSMaterial)
        // What is never sent over http is not looked at for it either.
        if server.isTLS {
            tls.clientCertificate = material(
                user.clientCertificateData, user.clientCertificate, data: "client-certificate-data",
                path: "client-cert", of: selection.userName)
            tls.clientKey = material(
                user.clientKeyData, user.clientKey, data: "client-key-data", path: "client-key",
                of: selection.userName)
        }
        guard problems.isEmpty else { throw Kubeconfig.invalid(problems) }

        var identity = Identity()
        identity.token = user.token.nonEmpty
        if !selection.usesOtherMethodThanPlugins {
            identity.token = user.authProvider?.idToken.nonEmpty
            identity.plugin = user.exec.map {
                ExecPlugin($0, cluster: cluster, server: server, environment: environment)
            }
        }
        identity.tokenFile = user.tokenFile.nonEmpty
        identity.username = user.username.nonEmpty
        identity.password = user.password.nonEmpty
        identity.impersonatedUser = user.impersonatedUser.nonEmpty
        identity.impersonatedUID = user.impersonatedUID.nonEmpty
        identity.impersonatedGroups = user.impersonatedGroups
        identity.impersonatedExtra = user.impersonatedExtra

        self.init(
            server: server, namespace: namespace ?? selection.namespace.nonEmpty ?? "default", tls: tls,
            identity: identity,
            proxy: ProxyURL.forTransport(cluster.proxyURL) ?? ProxyEnvironment(environment).proxy(for: server),
            origin: origin)
        disablesCompression = Kubeconfig.flag(cluster.disableCompression) == true
    }
}

extension ExecPlugin {
    fileprivate init(
        _ stanza: Kubeconfig.Exec, cluster: Kubeconfig.Cluster, server: ServerAddress, environment: [String: String]
    ) {
        let added = stanza.environment.map { ($0.name, $0.value) }
        self.init(
            apiVersion: stanza.apiVersion, command: stanza.command, arguments: stanza.arguments,
            environment: environment.merging(added) { $1 }, installHint: stanza.installHint)
        guard Kubeconfig.flag(stanza.provideClusterInfo) == true else { return }
        self.cluster = ClusterInfo(
            server: server.url(path: ""), tlsServerName: cluster.tlsServerName,
            skipsVerification: Kubeconfig.flag(cluster.insecureSkipTLSVerify) == true, proxyURL: cluster.proxyURL,
            disablesCompression: Kubeconfig.flag(cluster.disableCompression) == true, config: cluster.execConfig)
    }
}

extension String {
    var nonEmpty: String? { isEmpty ? nil : self }
}
