import CLibcurl

extension CurlEasy {
    /// Sets everything that the request and the house rules ask for.
    /// - Throws: `invalidRequest`, `system`.
    package func prepare(
        _ request: HTTPRequest, target: HTTPTarget, configuration: HTTPClientConfiguration, connectOnly: Bool
    ) throws(HTTPError) {
        try setHouseRules(configuration)
        try setMethod(request)
        var headers = try Self.headerLines(request)
        let serverName = request.endpoint.tls?.serverName
        if target.isTLS, let serverName, serverName != target.hostname {
            try setServerName(serverName, url: request.url, target: target)
            if request.headers["Host"] == nil { headers.append("Host: \(target.host)") }
        } else {
            try set(CURLOPT_URL, request.url)
        }
        try set(CURLOPT_HTTPHEADER, list: headers)
        try setEndpoint(request.endpoint, connectOnly: connectOnly)
        if request.acceptsGzip { try set(CURLOPT_ACCEPT_ENCODING, "gzip") }
        if let timeout = request.timeout { try set(CURLOPT_TIMEOUT_MS, timeout.clampedMilliseconds) }
        if connectOnly {
            try set(CURLOPT_CONNECT_ONLY, 1)
        } else if !request.repeatable {
            // A reused connection that dies makes libcurl send the request again (transfer.c, Curl_retry_request).
            try set(CURLOPT_FRESH_CONNECT, 1)
            try set(CURLOPT_FORBID_REUSE, 1)
        }
        // The kernel counts a closed window of a living peer against TCP_USER_TIMEOUT (tcp(7)). On an upgraded
        // connection the peer may rightly not read for long, so there it would kill healthy ones.
        pk_curl_set_socket_rules(handle, connectOnly ? 0 : 60_000)
    }

    private func setHouseRules(_ configuration: HTTPClientConfiguration) throws(HTTPError) {
        // 1.1 also for CONNECT_ONLY: with ALPN h2 this libcurl crashes in curl_easy_send.
        try set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_FOLLOWLOCATION, 0)
        try set(CURLOPT_PATH_AS_IS, 1)
        try set(CURLOPT_NOSIGNAL, 1)
        // Without it, removing a handle waits for getaddrinfo to return and stops the whole loop (asyn-thread.c).
        try set(CURLOPT_QUICK_EXIT, 1)
        try set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
        try set(CURLOPT_USERAGENT, configuration.userAgent)
        try set(CURLOPT_CONNECTTIMEOUT_MS, configuration.connectTimeout.clampedMilliseconds)
        try set(CURLOPT_TCP_NODELAY, 1)
        try set(CURLOPT_TCP_KEEPALIVE, 1)
        try set(CURLOPT_TCP_KEEPIDLE, 30)
        try set(CURLOPT_TCP_KEEPINTVL, 15)
        // API servers close idle connections after 90 s.
        try set(CURLOPT_MAXAGE_CONN, 70)
        try set(CURLOPT_BUFFERSIZE, 64 << 10)
        try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    }

    private func setMethod(_ request: HTTPRequest) throws(HTTPError) {
        guard Self.isToken(request.method) else {
            throw HTTPError(.invalidRequest, "Bad HTTP method")
        }
        let takesBody = ["POST", "PUT", "PATCH"].contains(request.method)
        if request.body != nil || takesBody {
            try setBody(request.body ?? [])
            try set(CURLOPT_CUSTOMREQUEST, request.method)
        } else if request.method == "HEAD" {
            try set(CURLOPT_NOBODY, 1)
        } else if request.method != "GET" {
            try set(CURLOPT_CUSTOMREQUEST, request.method)
        }
    }

    private static func headerLines(_ request: HTTPRequest) throws(HTTPError) -> [String] {
        var lines: [String] = []
        for field in request.headers.fields {
            let isValue = field.value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
            guard isToken(field.name), isValue else {
                throw HTTPError(.invalidRequest, "Bad header field \(field.name.debugDescription)")
            }
            // An empty value is written with a semicolon; with a colon libcurl would drop the header.
            lines.append(field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
        }
        guard request.headers["Content-Length"] == nil, request.headers["Transfer-Encoding"] == nil else {
            throw HTTPError(.invalidRequest, "The body's length is not the caller's to announce")
        }
        // Else libcurl waits up to a second for 100 Continue, and calls every body a form.
        if request.headers["Expect"] == nil { lines.append("Expect:") }
        if request.headers["Content-Type"] == nil { lines.append("Content-Type:") }
        return lines
    }

    /// RFC 9110, section 5.6.2.
    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }
}
