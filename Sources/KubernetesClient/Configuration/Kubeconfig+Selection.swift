/// The three entries of a kubeconfig that a connection is made from.
struct KubeconfigSelection: Hashable, Sendable {
    var contextName: String
    var clusterName: String
    var userName: String
    var namespace: String
    var cluster: Kubeconfig.Cluster
    var user: Kubeconfig.User
}

extension Kubeconfig {
    /// Picks a context and what it names.
    ///
    /// `context`: overrides `current-context`.
    ///
    /// Throws `configuration`, with all that is wrong with the selected entries at once.
    func select(context override: String? = nil) throws(KubernetesError) -> KubeconfigSelection {
        let name = override ?? currentContext
        guard let context = contexts[name] ?? (name.isEmpty ? Context() : nil) else {
            throw .configuration(
                override == nil
                    ? "context was not found for specified context: \(name)" : "context \"\(name)\" does not exist")
        }
        var problems: [String] = []
        if !context.user.isEmpty, users[context.user] == nil {
            problems.append("auth info \"\(context.user)\" does not exist")
        }
        if !context.cluster.isEmpty, clusters[context.cluster] == nil {
            problems.append("cluster \"\(context.cluster)\" does not exist")
        }
        if !context.namespace.isEmpty, !Names.isLabel(context.namespace) {
            problems.append(
                "namespace \"\(context.namespace)\" for context \"\(name)\" does not conform to the kubernetes "
                    + "DNS_LABEL rules")
        }
        let selection = KubeconfigSelection(
            contextName: name, clusterName: context.cluster, userName: context.user, namespace: context.namespace,
            cluster: clusters[context.cluster] ?? Cluster(), user: users[context.user] ?? User())
        if problems.isEmpty { problems = selection.userProblems + selection.clusterProblems }
        guard problems.isEmpty else { throw Self.invalid(problems) }
        return selection
    }

    static func invalid(_ problems: [String]) -> KubernetesError {
        let text = problems.count == 1 ? problems[0] : "[" + problems.joined(separator: ", ") + "]"
        return .configuration("invalid configuration: " + text)
    }

    /// Nothing was found anywhere.
    static let none = invalid([
        "no configuration has been provided, try setting KUBERNETES_MASTER environment variable"
    ])
}

/// The texts are client-go's (`clientcmd/validation.go`), for people search for them.
extension KubeconfigSelection {
    fileprivate var clusterProblems: [String] {
        var problems: [String] = []
        if cluster == Kubeconfig.Cluster() { return ["cluster has no server defined"] }
        if cluster.server.isEmpty {
            problems.append(
                clusterName.isEmpty
                    ? "default cluster has no server defined" : "no server found for cluster \"\(clusterName)\"")
        }
        if let problem = ProxyURL.problem(cluster.proxyURL) {
            problems.append("invalid 'proxy-url' for cluster \"\(clusterName)\": \(problem)")
        }
        let hasAuthority = !cluster.certificateAuthority.isEmpty || !cluster.certificateAuthorityData.isEmpty
        if !cluster.certificateAuthority.isEmpty, !cluster.certificateAuthorityData.isEmpty {
            problems.append(
                "certificate-authority-data and certificate-authority are both specified for \(clusterName). "
                    + "certificate-authority-data will override.")
        }
        switch Kubeconfig.flag(cluster.insecureSkipTLSVerify) {
        case nil:
            problems.append(
                "insecure-skip-tls-verify of cluster \"\(clusterName)\" must be true or false, "
                    + "not \"\(cluster.insecureSkipTLSVerify)\"")
        case true? where hasAuthority:
            problems.append("specifying a root certificates file with the insecure flag is not allowed")
        default: break
        }
        return problems
    }

    fileprivate var userProblems: [String] {
        var problems: [String] = []
        var methods: [String] = []
        if !user.token.isEmpty { methods.append("token") }
        if !user.username.isEmpty || !user.password.isEmpty { methods.append("basicAuth") }
        if methods.count > 1 {
            problems.append(
                "more than one authentication method found for \(userName); found [\(methods.joined(separator: " "))], "
                    + "only one is allowed")
        }
        problems += certificateProblems
        problems += execProblems
        let impersonates =
            !user.impersonatedUID.isEmpty || !user.impersonatedGroups.isEmpty || !user.impersonatedExtra.isEmpty
        if impersonates, user.impersonatedUser.isEmpty {
            problems.append("requesting uid, groups or user-extra for \(userName) without impersonating a user")
        }
        if !usesOtherMethodThanPlugins, user.exec == nil, let provider = user.authProvider, provider.idToken.isEmpty {
            problems.append(
                provider.name == "oidc"
                    ? "the auth-provider oidc of user \"\(userName)\" has no id-token"
                    : "no Auth Provider found for name \"\(provider.name)\" of user \"\(userName)\"; use an exec plugin"
            )
        }
        return problems
    }

    private var execProblems: [String] {
        guard let exec = user.exec else { return [] }
        var problems: [String] = []
        func require(_ condition: Bool, _ what: String) {
            guard !condition else { return }
            problems.append("\(what) must be specified for \(userName) to use exec authentication plugin")
        }
        if user.authProvider != nil {
            problems.append("authProvider cannot be provided in combination with an exec plugin for \(userName)")
        }
        require(!exec.command.isEmpty, "command")
        require(!exec.apiVersion.isEmpty, "apiVersion")
        require(exec.environment.allSatisfy { !$0.name.isEmpty }, "env variable name")
        if !exec.apiVersion.isEmpty, !ExecPlugin.apiVersions.contains(exec.apiVersion) {
            problems.append("exec plugin: invalid apiVersion \"\(exec.apiVersion)\"")
        }
        switch exec.interactiveMode {
        case "Never", "IfAvailable": break
        case "": require(exec.apiVersion == ExecPlugin.beta, "interactiveMode")
        case "Always" where usesOtherMethodThanPlugins: break
        case "Always":
            problems.append("exec plugin cannot support interactive mode: standard input is not a terminal")
        case let mode: problems.append("invalid interactiveMode for \(userName): \"\(mode)\"")
        }
        return problems
    }

    /// A plugin beside one of these is not run.
    var usesOtherMethodThanPlugins: Bool {
        !user.token.isEmpty || !user.tokenFile.isEmpty || !user.username.isEmpty || !user.password.isEmpty
            || hasCertificate
    }

    private var hasCertificate: Bool { !user.clientCertificate.isEmpty || !user.clientCertificateData.isEmpty }

    private var certificateProblems: [String] {
        guard hasCertificate else { return [] }
        var problems: [String] = []
        if !user.clientCertificate.isEmpty, !user.clientCertificateData.isEmpty {
            problems.append(
                "client-cert-data and client-cert are both specified for \(userName). client-cert-data will override.")
        }
        if !user.clientKey.isEmpty, !user.clientKeyData.isEmpty {
            problems.append(
                "client-key-data and client-key are both specified for \(userName); client-key-data will override")
        }
        if user.clientKey.isEmpty, user.clientKeyData.isEmpty {
            problems.append(
                "client-key-data or client-key must be specified for \(userName) to use the clientCert "
                    + "authentication method.")
        }
        return problems
    }
}

extension Kubeconfig {
    /// YAML 1.1's booleans, as client-go's parser takes them; empty is false, nil anything else.
    static func flag(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "", "false", "no", "off", "n": false
        case "true", "yes", "on", "y": true
        default: nil
        }
    }
}
