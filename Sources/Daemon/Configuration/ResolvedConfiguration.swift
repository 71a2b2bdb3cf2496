import Foundation

/// A configuration with every default filled in.
package struct ResolvedConfiguration: Sendable {
    package let backend: DaemonConfiguration.Backend
    package let socket: String
    package let store: String
    package let localState: String
    package internal(set) var settings: DaemonConfiguration
    /// By name; there is always a `default`.
    package let profiles: [String: ProfileSettings]

    package static let defaultProfile = "default"

    init(_ settings: DaemonConfiguration, paths: DefaultPaths, isInCluster: Bool) {
        let backend = settings.backend ?? (isInCluster ? .kubernetes : .local)
        self.backend = backend
        self.settings = settings
        socket = settings.socket ?? paths.socket
        let store = settings.store ?? paths.store
        self.store = store
        // Beside a store that was named, so that two daemons with a store each share nothing.
        let besideStore = URL(fileURLWithPath: store).deletingLastPathComponent().appendingPathComponent("local").path
        localState = settings.local.state ?? (settings.store == nil ? paths.localState : besideStore)

        var profiles: [String: ProfileSettings] = [:]
        for profile in settings.profiles { profiles[profile.name] = profile }
        if profiles[Self.defaultProfile] == nil {
            profiles[Self.defaultProfile] = ProfileSettings(name: Self.defaultProfile)
        }
        self.profiles = profiles
    }
}
