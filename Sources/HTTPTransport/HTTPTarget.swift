import CLibcurl

/// A URL taken apart: what messages, `Host` headers and request lines need.
package struct HTTPTarget: Sendable, Hashable {
    /// `Host` header: the URL's host (IPv6 in brackets), with the port if it is not the scheme's own.
    package let host: String
    /// Path and query as the URL has them; at least `/`.
    package let path: String
    package let isTLS: Bool
    /// The URL's host alone.
    let hostname: String
    let port: String

    /// The URL without user, query and fragment, for messages.
    var label: String {
        "\(isTLS ? "https" : "http")://\(host)\(path.prefix { $0 != "?" })"
    }

    /// - Throws: `invalidRequest`.
    package init(url: String) throws(HTTPError) {
        let parts = curl_url()
        defer { curl_url_cleanup(parts) }
        let code = curl_url_set(parts, CURLUPART_URL, url, 0)
        guard code == CURLUE_OK else {
            throw HTTPError(.invalidRequest, "Bad URL: \(String(cString: curl_url_strerror(code)))")
        }
        func part(_ part: CURLUPart, _ flags: Int32 = 0) -> String? {
            var text: UnsafeMutablePointer<CChar>?
            guard curl_url_get(parts, part, &text, UInt32(flags)) == CURLUE_OK, let text else { return nil }
            defer { curl_free(text) }
            return String(cString: text)
        }
        let scheme = part(CURLUPART_SCHEME)
        guard scheme == "http" || scheme == "https", let hostname = part(CURLUPART_HOST) else {
            throw HTTPError(.invalidRequest, "Bad URL: it must begin with http:// or https:// and name a host")
        }
        guard part(CURLUPART_USER) == nil, part(CURLUPART_PASSWORD) == nil else {
            throw HTTPError(.invalidRequest, "Bad URL: credentials do not belong in it (host \(hostname))")
        }
        isTLS = scheme == "https"
        self.hostname = hostname
        port = part(CURLUPART_PORT, CURLU_DEFAULT_PORT) ?? (isTLS ? "443" : "80")
        host = port == (isTLS ? "443" : "80") ? hostname : "\(hostname):\(port)"
        let query = part(CURLUPART_QUERY).map { "?" + $0 } ?? ""
        path = (part(CURLUPART_PATH) ?? "/") + query
    }
}
