/// Where Prometheus may ask, beside the control socket's `daemon.metrics`.
package struct MetricsSettings: Hashable, Sendable {
    package enum Listener: Hashable, Sendable, CustomStringConvertible {
        /// A numeric address of this host's loopback.
        case tcp(host: String, port: Int)
        case unix(path: String)

        /// As it is configured.
        package var description: String {
            switch self {
            case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
            case .unix(let path): "unix:\(path)"
            }
        }
    }

    /// Nil: nowhere.
    package var listener: Listener?

    package init() {}
}

extension MetricsSettings {
    init(_ section: inout YAMLSection) throws {
        self.init()
        if let text = try section.string("listen") {
            guard let listener = Listener(text) else {
                throw ConfigurationError(
                    file: section.file, line: nil,
                    "\(section.path).listen must be unix:/PATH, 127.0.0.1:PORT or [::1]:PORT, is '\(text)': whoever can "
                        + "reach it can read it, so nobody but this host may")
            }
            self.listener = listener
        }
        try section.finish()
    }
}

extension MetricsSettings.Listener {
    /// Nil for what is neither an absolute path nor a loopback address with its port.
    package init?(_ text: String) {
        if text.hasPrefix("unix:/") {
            self = .unix(path: String(text.dropFirst("unix:".count)))
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0 else {
            return nil
        }
        switch text[..<colon] {
        case "127.0.0.1": self = .tcp(host: "127.0.0.1", port: Int(port))
        case "[::1]": self = .tcp(host: "::1", port: Int(port))
        default: return nil
        }
    }
}
