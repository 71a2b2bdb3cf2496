/// One HTTP/1.1 request. Redirects are never followed.
package struct HTTPRequest: Sendable {
    package var method: String
    /// Absolute `http://` or `https://` URL, percent-encoded; its path is sent as it is.
    package var url: String
    package var headers: HTTPHeaders
    package var body: [UInt8]?
    /// From the start (waiting for a connection included) to the last byte; `nil`: no limit.
    package var timeout: Duration?
    /// Ends the transfer when no byte arrives for so long. Time in which a stream is paused because its receiver does not
    /// keep up is not counted.
    package var idleTimeout: Duration?
    /// From `after` on, counted from the start, this limit takes the place of a longer `idleTimeout`: for an answer that is
    /// overdue.
    package var overdue: (after: Duration, idleTimeout: Duration)?
    /// Bound of the body that `HTTPClient.send` collects; a longer one is `HTTPError.Code.tooLarge`.
    package var maximumBodyBytes: Int
    package var endpoint: HTTPEndpoint
    /// Whether the server may safely see the request twice. libcurl silently repeats a request whose reused connection
    /// dies before the first byte of the answer, so a request that is not repeatable gets a connection of its own.
    package var repeatable: Bool
    /// Lets the server compress the body, which arrives unpacked; the bounds count what is unpacked. Not for streams:
    /// this libcurl cannot read a body of several gzip members, which is what a compressed watch is.
    package var acceptsGzip = false

    /// `repeatable: nil` means true for GET and HEAD and false for all others.
    package init(
        method: String = "GET",
        url: String,
        headers: HTTPHeaders = [:],
        body: [UInt8]? = nil,
        timeout: Duration? = .seconds(65),
        idleTimeout: Duration? = nil,
        maximumBodyBytes: Int = 16 << 20,
        endpoint: HTTPEndpoint = HTTPEndpoint(),
        repeatable: Bool? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.idleTimeout = idleTimeout
        self.maximumBodyBytes = maximumBodyBytes
        self.endpoint = endpoint
        self.repeatable = repeatable ?? (method == "GET" || method == "HEAD")
    }
}
