/// How the local backend keeps its sandboxes.
package struct LocalSettings: Hashable, Sendable {
    /// What keeps a sandbox apart from the host.
    package enum Isolation: String, Hashable, Sendable, CaseIterable {
        /// Bubblewrap where it works, else nothing, with a warning.
        case auto
        /// Bubblewrap, or the daemon does not start.
        case bubblewrap
        /// Plain processes with the daemon's own rights.
        case none
    }

    /// Holds the sandboxes' files and sockets. At most 86 bytes long, for the sockets' sake.
    package var stateDirectory: String
    /// Which daemon the sandboxes belong to.
    package var instance: String
    /// Path of the podkeeper-execd to run; see `ExecdLocator`.
    package var execd: String
    package var isolation: Isolation
    /// A sandbox uses the host's network (what listens on its loopback included), or has only a loopback of its own.
    /// Holds with bubblewrap only; plain processes always share the network.
    package var sharesNetwork: Bool
    /// Before every sandbox's name.
    package var namePrefix: String
    /// Variables for all commands of a profile's sandboxes, by the profile's name; a session's own go over them.
    package var profileEnvironments: [String: [String: String]] = [:]

    package init(
        stateDirectory: String, instance: String, execd: String, isolation: Isolation = .auto,
        sharesNetwork: Bool = true, namePrefix: String = "sandbox"
    ) {
        self.stateDirectory = stateDirectory
        self.instance = instance
        self.execd = execd
        self.isolation = isolation
        self.sharesNetwork = sharesNetwork
        self.namePrefix = namePrefix
    }
}
