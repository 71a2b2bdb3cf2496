/// How to reach one cluster and who to be there.
///
/// Material from files is named, not held: `CredentialSource` reads it again when it is due.
package struct KubernetesConfiguration: Sendable {
    /// Bytes given inline, or a file that may be rotated.
    package enum Material: Hashable, Sendable {
        case bytes([UInt8])
        case file(String)
    }

    package struct TLS: Hashable, Sendable {
        /// The only source of trust; nil means the system's roots.
        package var authority: Material?
        package var clientCertificate: Material?
        package var clientKey: Material?
        /// The name to ask for and to check, in place of the server's host.
        package var serverName: String?
        package var skipsVerification = false

        package init() {}
    }

    /// Who to be, beside the client certificate. Never sent to a server that is not https.
    package struct Identity: Hashable, Sendable {
        package var token: String?
        /// Its last good contents win over `token`.
        package var tokenFile: String?
        package var username: String?
        package var password: String?
        package var impersonatedUser: String?
        package var impersonatedUID: String?
        package var impersonatedGroups: [String] = []
        package var impersonatedExtra: [String: [String]] = [:]
        /// Gives token, certificate or both where there is none of the above.
        var plugin: ExecPlugin?

        package init() {}
    }

    /// The files that all of this was read from, and how to read the same entries again.
    struct Source: Sendable {
        var paths: [String]
        var load: @Sendable () throws(KubernetesError) -> KubernetesConfiguration
    }

    package var server: ServerAddress
    /// The namespace of requests that name none.
    package var namespace: String
    package var tls: TLS
    package var identity: Identity
    /// For libcurl: `http`, `https` or `socks5h` URL; nil is no proxy.
    package var proxy: String?
    /// Never asks for compressed answers.
    package var disablesCompression = false
    /// Where this came from, for the log.
    package var origin: String
    /// Nil where it came from somewhere else.
    var source: Source?

    package init(
        server: ServerAddress, namespace: String = "default", tls: TLS = TLS(), identity: Identity = Identity(),
        proxy: String? = nil, origin: String
    ) {
        self.server = server
        self.namespace = namespace
        self.tls = tls
        // A token sent over http is a leak: client-go drops every user credential there, and so do we.
        self.identity = server.isTLS ? identity : Identity()
        if !server.isTLS {
            self.tls.clientCertificate = nil
            self.tls.clientKey = nil
        }
        self.proxy = proxy
        self.origin = origin
    }
}
