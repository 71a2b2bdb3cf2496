package import LocalSandbox

/// The local backend: sandboxes on this host.
package struct LocalBackendSettings: Hashable, Sendable {

    /// `podkeeper-execd`; nil: found beside `podkeeperd` or on `PATH`.
    package var execd: String?
    /// Nil: the default path.
    package var state: String?
    package var isolation = LocalSettings.Isolation.auto
    /// False: the sandboxes have a network namespace of their own, with loopback only.
    package var sharesNetwork = true

    package init() {}
}

extension LocalBackendSettings {
    init(_ section: inout YAMLSection) throws {
        self.init()
        execd = try section.string("execd")
        state = try section.string("state")
        isolation = try section.choice("isolation", LocalSettings.Isolation.self) ?? isolation
        sharesNetwork = try section.bool("network") ?? sharesNetwork
        try section.finish()
    }
}
