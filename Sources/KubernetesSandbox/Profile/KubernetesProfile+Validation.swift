import FoundationEssentials
package import SandboxCore

extension KubernetesProfile {
    /// Refuses what the cluster would refuse, and what would make a pod that no session can use.
    ///
    /// Throws `SandboxError` of kind `invalid` that names the setting (for a template, the path of the wrong field).
    package func validate() throws(SandboxError) {
        guard !image.isEmpty else { throw .invalid("image must not be empty") }
        guard KubernetesNames.isLabel(namespace) else {
            throw .invalid("namespace must be a DNS-1123 label of at most 63 characters, '\(namespace)' is not")
        }
        guard (1...65_535).contains(port) else { throw .invalid("port must be 1 to 65535, is \(port)") }
        guard KubernetesNames.isSubdomain(serviceAccountName) else {
            throw .invalid("service_account_name must be a DNS-1123 name, '\(serviceAccountName)' is not")
        }
        guard startupTimeout > .zero else { throw .invalid("startup_timeout must be above 0") }
        if effectiveExecServer == .inject, execdImage?.isEmpty ?? true {
            throw .invalid("exec_server: inject needs execd_image, the image that holds podkeeper-execd")
        }
        try Self.validate(token: execToken)
        try Self.validate(workDirectory: workDirectory)
        try Self.validate(labels: labels, of: "labels")
        try Self.validate(env: env, of: "env")
        // Building a pod is what finds the wrong fields of a template.
        _ = try sample()
    }

    /// Changes whenever a pod of this profile would.
    package func shape() throws(SandboxError) -> String {
        do {
            return String(SHA256.hex(try sample().manifest.json()).prefix(12))
        } catch {
            throw .invalid("pod_template cannot be written as JSON: \(error)")
        }
    }

    /// The pod of nobody's session.
    private func sample() throws(SandboxError) -> BuiltPod {
        let identity = PodIdentity(
            name: "sandbox", namespace: namespace, instance: "check", sessionID: try SessionID("check"), generation: 1,
            nonce: "", createdAt: Date(timeIntervalSince1970: 0))
        return try PodBuilder(
            profile: self, identity: identity, token: execToken ?? "", labels: [:], environment: [:]
        ).build()
    }

    /// A token travels as an HTTP header: printable ASCII without spaces is what every server reads alike.
    private static func validate(token: String?) throws(SandboxError) {
        guard let token else { return }
        guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .invalid("exec_token must be printable ASCII without spaces, and not empty")
        }
    }

    private static func validate(workDirectory: String?) throws(SandboxError) {
        guard let workDirectory else { return }
        let reserved = ["/", "/tmp", PodBuilder.injectDirectory]
        guard workDirectory.hasPrefix("/"), !reserved.contains(workDirectory), !workDirectory.hasSuffix("/"),
            !workDirectory.contains("/../"), !workDirectory.hasSuffix("/.."), !workDirectory.contains(":"),
            !workDirectory.utf8.contains(0)
        else {
            throw .invalid(
                "work_dir must be an absolute path without '..', ':' or a trailing '/', and not one of "
                    + "\(reserved.joined(separator: ", ")); '\(workDirectory)' is not")
        }
    }

    static func validate(labels: [String: String], of setting: String) throws(SandboxError) {
        for (key, value) in labels.sorted(by: { $0.key < $1.key }) {
            guard KubernetesNames.isQualifiedName(key) else {
                throw .invalid(
                    "\(setting): '\(key)' is no Kubernetes label name (prefix/name, name of at most 63 of A-Za-z0-9-_.)"
                )
            }
            guard !PodIdentity.isReserved(label: key) else {
                throw .invalid("\(setting): '\(key)' is the daemon's own and cannot be set")
            }
            guard KubernetesNames.isLabelValue(value) else {
                throw .invalid(
                    "\(setting).\(key): '\(value)' is no Kubernetes label value (at most 63 of A-Za-z0-9-_.)")
            }
        }
    }

    static func validate(env: [String: String], of setting: String) throws(SandboxError) {
        for (name, value) in env.sorted(by: { $0.key < $1.key }) {
            guard KubernetesNames.isEnvironmentName(name) else {
                throw .invalid("\(setting): '\(name)' is no name of an environment variable")
            }
            guard !value.utf8.contains(0) else { throw .invalid("\(setting).\(name) must not contain a NUL") }
        }
        try ArgumentLimits.check(environment: env, of: setting)
    }
}
