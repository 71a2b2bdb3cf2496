/// Why no (whole) answer came. An answer with status 4xx or 5xx is not an error here.
package struct HTTPError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable, Hashable {
        /// The request cannot be sent as it is: bad URL, header, certificate to present …
        case invalidRequest
        /// The host's name was not found.
        case resolve
        /// No connection: refused, unreachable, not established in time.
        case connect
        /// The proxy was not found, refused or answered with an error.
        case proxy
        /// The handshake failed or the server's certificate is not trusted.
        case tls
        /// `HTTPRequest.timeout` or `idleTimeout` is over.
        case timeout
        /// The connection broke or the body ended early.
        case reset
        /// The peer does not speak HTTP/1.1 as it should.
        case protocolViolation
        /// Body above `maximumBodyBytes`, or headers above 256 KiB.
        case tooLarge
        /// The Swift task was cancelled, or the connection closed from this side.
        case cancelled
        /// `HTTPClient.shutdown()` was called.
        case shutdown
        /// `HTTPClientConfiguration.maximumTransfers` are under way.
        case overloaded
        /// libcurl or the kernel refused something that should always work.
        case system
    }

    package var code: Code
    /// What happened, to which host; never holds credentials, headers or bodies.
    package var message: String
    /// False only when no byte of the request was sent: then a retry cannot do anything twice.
    package var requestMayHaveReachedServer: Bool
    /// Somebody at the host's address said that nobody listens on the port: the way there is good.
    package var wasRefused = false

    package init(_ code: Code, _ message: String, requestMayHaveReachedServer: Bool = false) {
        self.code = code
        self.message = message
        self.requestMayHaveReachedServer = requestMayHaveReachedServer
    }

    package var description: String { message }
}
