/// The way to a server, as far as the URL does not say it.
package struct HTTPEndpoint: Hashable, Sendable {
    /// Connects to this Unix socket, whatever host the URL names.
    package var unixSocketPath: String?
    /// For https URLs; `nil` means the system's roots and no client certificate.
    package var tls: TLSSettings?
    /// Proxy URL, `http://`, `https://`, `socks5://` or `socks5h://`, with credentials if need be. `nil`: no proxy.
    /// The environment (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY` …) is never looked at: that is the caller's to decide.
    package var proxy: String?

    /// Makes the connections, whatever host the URL names; neither socket path, TLS nor proxy count then.
    package var dialer: HTTPDialer?
    /// For a server to which another way may lead; `nil`: `HTTPClientConfiguration.connectTimeout`.
    package var connectTimeout: Duration?

    package init(
        unixSocketPath: String? = nil, tls: TLSSettings? = nil, proxy: String? = nil, dialer: HTTPDialer? = nil,
        connectTimeout: Duration? = nil
    ) {
        self.unixSocketPath = unixSocketPath
        self.tls = tls
        self.proxy = proxy
        self.dialer = dialer
        self.connectTimeout = connectTimeout
    }
}
