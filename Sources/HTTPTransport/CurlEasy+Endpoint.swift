import CLibcurl

extension CurlEasy {
    func setEndpoint(_ endpoint: HTTPEndpoint, connectOnly: Bool) throws(HTTPError) {
        if let timeout = endpoint.connectTimeout {
            try set(CURLOPT_CONNECTTIMEOUT_MS, timeout.clampedMilliseconds)
        }
        // Nothing looks for the name in the file system: it tells kept connections of one dialer from all others.
        if let dialer = endpoint.dialer { return try set(CURLOPT_UNIX_SOCKET_PATH, dialer.name) }
        if let path = endpoint.unixSocketPath { try set(CURLOPT_UNIX_SOCKET_PATH, path) }
        try setProxy(endpoint.proxy, tunnel: connectOnly)
        try set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        if let tls = endpoint.tls { try setTLS(tls) }
    }

    /// libcurl has no option for the name to check: the name takes the host's place in the URL, and the connection is
    /// led to the real host.
    func setServerName(_ name: String, url: String, target: HTTPTarget) throws(HTTPError) {
        let parts = curl_url()
        defer { curl_url_cleanup(parts) }
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK,
            curl_url_set(parts, CURLUPART_HOST, name, 0) == CURLUE_OK,
            curl_url_get(parts, CURLUPART_URL, &text, 0) == CURLUE_OK,
            let text
        else { throw HTTPError(.invalidRequest, "Bad TLS server name \(name.debugDescription)") }
        defer { curl_free(text) }
        try set(CURLOPT_URL, String(cString: text))
        try set(CURLOPT_CONNECT_TO, list: ["\(name):\(target.port):\(target.hostname):\(target.port)"])
    }

    private func setProxy(_ proxy: String?, tunnel: Bool) throws(HTTPError) {
        // "" (not NULL) keeps libcurl from looking at the environment.
        try set(CURLOPT_NOPROXY, "")
        guard let proxy, !proxy.isEmpty else { return try set(CURLOPT_PROXY, "") }
        // As Go does, names are looked up by the proxy.
        let scheme = "socks5://"
        let isSOCKS = proxy.prefix(scheme.count).lowercased() == scheme
        try set(CURLOPT_PROXY, isSOCKS ? "socks5h://" + proxy.dropFirst(scheme.count) : proxy)
        if tunnel { try set(CURLOPT_HTTPPROXYTUNNEL, 1) }
    }

    private func setTLS(_ tls: TLSSettings) throws(HTTPError) {
        if let ca = tls.caPEM {
            // The directory of system roots stays a source of trust unless it is unset as well.
            try set(CURLOPT_CAPATH, nil as String?)
            try set(CURLOPT_CAINFO, nil as String?)
            try set(CURLOPT_CAINFO_BLOB, blob: ca)
        }
        if let certificate = tls.clientCertificatePEM {
            guard let key = tls.clientKeyPEM else {
                throw HTTPError(.invalidRequest, "A client certificate is given without its key")
            }
            try set(CURLOPT_SSLCERTTYPE, "PEM")
            try set(CURLOPT_SSLCERT_BLOB, blob: certificate)
            try set(CURLOPT_SSLKEYTYPE, "PEM")
            try set(CURLOPT_SSLKEY_BLOB, blob: key)
        }
        if tls.insecureSkipVerify {
            try set(CURLOPT_SSL_VERIFYPEER, 0)
            try set(CURLOPT_SSL_VERIFYHOST, 0)
        }
    }
}
