import FoundationEssentials
import Yams

extension Kubeconfig {
    /// Parses YAML (and so JSON). An empty file is an empty configuration; unknown members are ignored.
    ///
    /// `directory`: of the file; relative paths in it are taken from there, never from the working directory.
    ///
    /// Throws `configuration` with the parser's sentence and line.
    init(yaml bytes: [UInt8], directory: String) throws(KubernetesError) {
        self.init()
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .configuration("not UTF-8 text") }
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            throw .configuration("\(error)")
        }
        guard let root, !root.isAbsent else { return }
        guard root.mapping != nil else { throw .configuration("the top level must be a mapping") }
        currentContext = root.text("current-context")
        for (name, node) in try Self.named("clusters", holding: "cluster", in: root) {
            clusters[name] = Cluster(node, directory: directory)
        }
        for (name, node) in try Self.named("users", holding: "user", in: root) {
            users[name] = User(node, directory: directory)
        }
        for (name, node) in try Self.named("contexts", holding: "context", in: root) {
            contexts[name] = Context(
                cluster: node.text("cluster"), user: node.text("user"), namespace: node.text("namespace"))
        }
    }

    /// The entries of a list of `{name: …, <member>: …}`.
    private static func named(
        _ list: String, holding member: String, in root: Node
    ) throws(KubernetesError) -> [(String, Node)] {
        guard let node = root[list], !node.isAbsent else { return [] }
        guard let sequence = node.sequence else { throw .configuration("\(list) must be a list") }
        var names = Set<String>()
        var result: [(String, Node)] = []
        for entry in sequence {
            let name = entry.text("name")
            guard names.insert(name).inserted else { throw .configuration("duplicate name \"\(name)\" in list") }
            result.append((name, entry[member] ?? Node([(Node, Node)]())))
        }
        return result
    }

    /// Absolute paths stay; nothing else is expanded, `~` neither.
    fileprivate static func resolve(_ path: String, in directory: String) -> String {
        path.isEmpty || path.hasPrefix("/") ? path : directory + "/" + path
    }
}

extension Kubeconfig.Cluster {
    fileprivate init(_ node: Node, directory: String) {
        server = node.text("server")
        tlsServerName = node.text("tls-server-name")
        insecureSkipTLSVerify = node.text("insecure-skip-tls-verify")
        certificateAuthority = Kubeconfig.resolve(node.text("certificate-authority"), in: directory)
        certificateAuthorityData = node.text("certificate-authority-data")
        proxyURL = node.text("proxy-url")
        disableCompression = node.text("disable-compression")
        let entry = node["extensions"]?.sequence?.first { $0.text("name") == "client.authentication.k8s.io/exec" }
        execConfig = entry?["extension"].map(JSONText.of) ?? ""
    }
}

extension Kubeconfig.User {
    fileprivate init(_ node: Node, directory: String) {
        token = node.text("token")
        tokenFile = Kubeconfig.resolve(node.text("tokenFile"), in: directory)
        username = node.text("username")
        password = node.text("password")
        clientCertificate = Kubeconfig.resolve(node.text("client-certificate"), in: directory)
        clientCertificateData = node.text("client-certificate-data")
        clientKey = Kubeconfig.resolve(node.text("client-key"), in: directory)
        clientKeyData = node.text("client-key-data")
        impersonatedUser = node.text("as")
        impersonatedUID = node.text("as-uid")
        impersonatedGroups = node["as-groups"]?.texts ?? []
        for (key, values) in node["as-user-extra"]?.mapping ?? [:] {
            if let key = key.scalar?.string { impersonatedExtra[key] = values.texts }
        }
        if let stanza = node["exec"], !stanza.isAbsent { exec = Kubeconfig.Exec(stanza, directory: directory) }
        if let provider = node["auth-provider"], !provider.isAbsent {
            authProvider = Kubeconfig.AuthProvider(
                name: provider.text("name"), idToken: provider["config"]?.text("id-token") ?? "")
        }
    }
}

extension Kubeconfig.Exec {
    fileprivate init(_ node: Node, directory: String) {
        apiVersion = node.text("apiVersion")
        command = node.text("command")
        // A bare name is looked for on PATH.
        if command.contains("/") { command = Kubeconfig.resolve(command, in: directory) }
        arguments = node["args"]?.texts ?? []
        environment = (node["env"]?.sequence ?? []).map { Variable(name: $0.text("name"), value: $0.text("value")) }
        installHint = node.text("installHint")
        provideClusterInfo = node.text("provideClusterInfo")
        interactiveMode = node.text("interactiveMode")
    }
}

extension Node {
    /// What JSON calls null. `~` is not meant: it stays the text it is, as every other scalar does.
    fileprivate var isAbsent: Bool {
        guard let scalar else { return false }
        return scalar.style == .plain && (scalar.string.isEmpty || scalar.string == "null")
    }

    /// The source text of a scalar member, whatever type a YAML resolver would make of it: `0012345`, `1e3` and `on`
    /// are tokens and names here. Empty when missing.
    fileprivate func text(_ key: String) -> String {
        guard let member = mapping.flatMap({ $0[Node(key)] }), !member.isAbsent else { return "" }
        return member.scalar?.string ?? ""
    }

    fileprivate subscript(_ key: String) -> Node? { mapping.flatMap { $0[Node(key)] } }

    fileprivate var texts: [String] { sequence?.compactMap { $0.scalar?.string } ?? [] }
}
