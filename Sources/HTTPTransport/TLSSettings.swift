/// How a TLS server is checked and how the client proves itself. Part of what decides whether a connection is reused.
package struct TLSSettings: Hashable, Sendable {
    /// PEM certificates that are the *only* source of trust. `nil`: the system's roots. Empty or without any
    /// certificate: trusts nothing, every handshake fails (Kubernetes reference K33, K34).
    package var caPEM: [UInt8]?
    /// The client's certificate chain, PEM. Needs `clientKeyPEM`.
    package var clientCertificatePEM: [UInt8]?
    package var clientKeyPEM: [UInt8]?
    /// The name used for SNI and for the check of the certificate in place of the URL's host. `Host` stays the real one.
    package var serverName: String?
    /// Checks neither chain nor name.
    package var insecureSkipVerify: Bool

    package init(
        caPEM: [UInt8]? = nil,
        clientCertificatePEM: [UInt8]? = nil,
        clientKeyPEM: [UInt8]? = nil,
        serverName: String? = nil,
        insecureSkipVerify: Bool = false
    ) {
        self.caPEM = caPEM
        self.clientCertificatePEM = clientCertificatePEM
        self.clientKeyPEM = clientKeyPEM
        self.serverName = serverName
        self.insecureSkipVerify = insecureSkipVerify
    }
}
