import Glibc

/// The proxy that the environment asks for, by Go's rules (`httpproxy.Config`): not libcurl's, which are never asked.
struct ProxyEnvironment: Sendable {
    private let https: String?
    private let http: String?
    private let exceptions: [Substring]

    init(_ environment: [String: String]) {
        func value(_ name: String) -> String? {
            environment[name]?.nonEmpty ?? environment[name.lowercased()]?.nonEmpty
        }
        https = value("HTTPS_PROXY")
        http = value("HTTP_PROXY")
        exceptions = (value("NO_PROXY") ?? "").split(separator: ",").map { String($0).trimmed.lowercased()[...] }
    }

    /// For libcurl; nil is no proxy. What is no proxy's address is none, as in Go.
    func proxy(for server: ServerAddress) -> String? {
        guard let text = server.isTLS ? https : http, isProxied(server) else { return nil }
        let url = text.contains("://") ? text : "http://" + text
        guard ProxyURL.problem(url) == nil else { return nil }
        return ProxyURL.forTransport(url)
    }

    private func isProxied(_ server: ServerAddress) -> Bool {
        let (host, port) = Self.split(server.authority.lowercased()[...])
        let address = Address(host)
        if host == "localhost" || address?.isLoopback == true { return false }
        return !exceptions.contains { exception in
            if exception == "*" { return true }
            if let slash = exception.firstIndex(of: "/") {
                guard let address, let network = Address(exception[..<slash]),
                    let bits = Int(exception[exception.index(after: slash)...])
                else { return false }
                return address.isIn(network, bits: bits)
            }
            let (name, exceptionPort) = Self.split(exception)
            if !exceptionPort.isEmpty, exceptionPort != (port.isEmpty ? server.isTLS ? "443" : "80" : port[...]) {
                return false
            }
            if let network = Address(name) { return address == network }
            // `example.com` means itself and all below it, `.example.com` and `*.example.com` only what is below.
            let domain = name.hasPrefix("*.") ? name.dropFirst() : name
            guard !domain.isEmpty else { return false }
            return domain.hasPrefix(".") ? host.hasSuffix(domain) : host == domain || host.hasSuffix("." + domain)
        }
    }

    /// Host, without brackets, and port, which may be empty. More than one colon is an IPv6 address.
    private static func split(_ text: Substring) -> (Substring, Substring) {
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            return (text[text.index(after: text.startIndex)..<end], text[end...].dropFirst().drop { $0 == ":" })
        }
        guard let colon = text.firstIndex(of: ":"), colon == text.lastIndex(of: ":") else { return (text, "") }
        return (text[..<colon], text[text.index(after: colon)...])
    }

    /// The bytes of an IP address; those of IPv4 in IPv6 are the same as their plain form.
    private struct Address: Equatable {
        let bytes: [UInt8]

        init?(_ text: Substring) {
            var buffer = [UInt8](repeating: 0, count: 16)
            if inet_pton(AF_INET, String(text), &buffer) == 1 {
                bytes = Array(buffer.prefix(4))
            } else if inet_pton(AF_INET6, String(text), &buffer) == 1 {
                let isMapped = buffer.prefix(10).allSatisfy { $0 == 0 } && buffer[10...11].allSatisfy { $0 == 0xFF }
                bytes = isMapped ? Array(buffer.suffix(4)) : buffer
            } else {
                return nil
            }
        }

        var isLoopback: Bool { bytes.count == 4 ? bytes[0] == 127 : bytes == Array(repeating: 0, count: 15) + [1] }

        func isIn(_ network: Address, bits: Int) -> Bool {
            guard bytes.count == network.bytes.count, (0...bytes.count * 8).contains(bits) else { return false }
            return (0..<bits).allSatisfy { (bytes[$0 / 8] ^ network.bytes[$0 / 8]) & (0x80 >> ($0 % 8)) == 0 }
        }
    }
}
