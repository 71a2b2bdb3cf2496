/// Settings of an `HTTPClient` that hold for all its requests.
package struct HTTPClientConfiguration: Sendable {
    package var userAgent: String
    /// For name lookup, TCP, proxy and TLS handshake together.
    package var connectTimeout: Duration
    /// How many connections `send` opens to one host and port at a time (further requests wait; their `timeout` runs).
    /// `nil`: no limit, which is right for Unix sockets, where all servers share one host name. Streams and upgraded
    /// connections are never counted, so that watches cannot starve requests.
    package var maximumConnectionsPerHost: Int?
    /// Requests, streams and upgraded connections under way; one more is `HTTPError.Code.overloaded`.
    package var maximumTransfers: Int

    package init(
        userAgent: String = "podkeeper",
        connectTimeout: Duration = .seconds(10),
        maximumConnectionsPerHost: Int? = nil,
        maximumTransfers: Int = 16_384
    ) {
        self.userAgent = userAgent
        self.connectTimeout = connectTimeout
        self.maximumConnectionsPerHost = maximumConnectionsPerHost
        self.maximumTransfers = maximumTransfers
    }
}
