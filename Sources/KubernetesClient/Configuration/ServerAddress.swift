/// Where the API server is: what a kubeconfig's `server` says, taken apart.
package struct ServerAddress: Hashable, Sendable {
    package var isTLS: Bool
    /// Host and port as a URL has them, IPv6 in brackets.
    package var authority: String
    /// Empty, or `/a/b` without a slash at the end: what gateways put before `/api`.
    package var pathPrefix: String

    /// `hasTLSMaterial`: decides the scheme of an address that has none, as client-go's `DefaultServerURL`.
    ///
    /// Throws `configuration` for what is not an http(s) URL with a host.
    package init(_ text: String, hasTLSMaterial: Bool = false) throws(KubernetesError) {
        let rest: Substring
        if let separator = text.firstRange(of: "://") {
            switch text[..<separator.lowerBound].lowercased() {
            case "https": isTLS = true
            case "http": isTLS = false
            case let scheme:
                throw .configuration("server \"\(text)\" must be an http or https URL, not \"\(scheme)\"")
            }
            rest = text[separator.upperBound...]
        } else {
            isTLS = hasTLSMaterial
            rest = text[...]
        }
        let location = rest.prefix { $0 != "?" && $0 != "#" }
        let authority = location.prefix { $0 != "/" }
        // Spaces and controls would break the request line; user information is no part of a Kubernetes address.
        let isClean = location.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value < 0x7F }
        guard !authority.isEmpty, !authority.hasPrefix(":"), !authority.contains("@"), isClean else {
            throw .configuration("server \"\(text)\" has no usable host; it must look like https://host:6443")
        }
        self.authority = String(authority)
        let segments = location.dropFirst(authority.count).split(separator: "/", omittingEmptySubsequences: true)
        pathPrefix = segments.isEmpty ? "" : "/" + segments.joined(separator: "/")
    }

    /// `path`: starts with `/`, percent-encoded, with its query.
    package func url(path: String) -> String {
        (isTLS ? "https://" : "http://") + authority + pathPrefix + path
    }
}
