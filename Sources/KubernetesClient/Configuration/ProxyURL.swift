/// What `proxy-url` may be (client-go's `parseProxyURL`).
enum ProxyURL {
    /// Nil when the text is empty or usable. Never repeats the text itself: it may hold a password.
    static func problem(_ text: String) -> String? {
        guard !text.isEmpty else { return nil }
        guard let separator = text.firstRange(of: "://"), separator.upperBound < text.endIndex else {
            return "could not parse: it must look like http://host:port"
        }
        let scheme = text[..<separator.lowerBound].lowercased()
        guard ["http", "https", "socks5"].contains(scheme) else {
            return "unsupported scheme \"\(scheme)\", must be http, https, or socks5"
        }
        return nil
    }

    /// For libcurl: Go hands the host's *name* to a SOCKS proxy, which libcurl calls `socks5h`.
    static func forTransport(_ text: String) -> String? {
        guard !text.isEmpty else { return nil }
        return text.lowercased().hasPrefix("socks5://") ? "socks5h://" + text.dropFirst("socks5://".count) : text
    }
}
