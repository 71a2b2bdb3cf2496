package import SQLiteStore
import Yams

/// Everything that can be set, with its defaults: what the file, the environment and the flags amount to.
package struct DaemonConfiguration: Sendable {
    package enum Backend: String, CaseIterable, Hashable, Sendable { case local, kubernetes }

    package var backend: Backend?
    package var socket: String?
    package var store: String?
    package var access = AccessSettings()
    package var sessions = SessionSettings()
    package var limits = LimitSettings()
    package var retention = StoreRetention()
    package var kubernetes = ClusterSettings()
    package var local = LocalBackendSettings()
    package var log = LogSettings()
    package var metrics = MetricsSettings()
    package var profiles: [ProfileSettings] = []

    package init() {}
}

extension DaemonConfiguration {
    /// Reads a configuration file's text. Throws `ConfigurationError` with the file's name and line.
    package init(yaml text: String, file: String) throws {
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw ConfigurationError(file: file, line: nil, Self.oneLine("\(error)"))
        }
        var top = try YAMLSection(root, file: file, path: "")
        try self.init(&top)
    }

    init(_ top: inout YAMLSection) throws {
        self.init()
        backend = try top.choice("backend", Backend.self)
        socket = try top.string("socket")
        store = try top.string("store")
        var section = try top.section("access")
        access = try AccessSettings(&section)
        section = try top.section("sessions")
        sessions = try SessionSettings(&section)
        section = try top.section("limits")
        limits = try LimitSettings(&section)
        section = try top.section("history")
        retention.history = try StoreRetention.Bound(&section, retention.history)
        section = try top.section("events")
        retention.events = try StoreRetention.Bound(&section, retention.events)
        section = try top.section("kubernetes")
        kubernetes = try ClusterSettings(&section)
        section = try top.section("local")
        local = try LocalBackendSettings(&section)
        section = try top.section("log")
        log = try LogSettings(&section)
        section = try top.section("metrics")
        metrics = try MetricsSettings(&section)
        profiles = try top.namedSections("profiles").map { entry in
            var section = entry.section
            return try ProfileSettings(name: entry.name, &section)
        }
        try top.finish()
    }

    /// A parser's message with its excerpt of the file is several lines; an error is one.
    private static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).map { $0.trimmingPrefix { $0 == " " } }.joined(separator: " ")
    }
}
