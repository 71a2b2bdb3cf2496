import Foundation

/// Where things are when nobody says otherwise: system directories for root, the user's own (XDG base directory
/// specification) for everybody else.
package struct DefaultPaths: Hashable, Sendable {
    package let configuration: String
    package let socket: String
    package let store: String
    /// Where the local backend keeps its sandboxes.
    package let localState: String

    package init(uid: UInt32, environment: [String: String]) {
        guard uid != 0 else {
            configuration = "/etc/podkeeper/podkeeper.yaml"
            socket = "/run/podkeeper/podkeeper.sock"
            store = "/var/lib/podkeeper/podkeeper.db"
            localState = "/var/lib/podkeeper/local"
            return
        }
        // The specification ignores a variable that is empty or not an absolute path.
        func directory(_ name: String, else fallback: String) -> String {
            guard let value = environment[name], value.hasPrefix("/") else { return fallback }
            return value
        }
        let home = directory("HOME", else: "/nonexistent")
        let config = directory("XDG_CONFIG_HOME", else: home + "/.config")
        let state = directory("XDG_STATE_HOME", else: home + "/.local/state")
        let runtime = directory("XDG_RUNTIME_DIR", else: "/run/user/\(uid)")
        configuration = config + "/podkeeper/podkeeper.yaml"
        socket = runtime + "/podkeeper/podkeeper.sock"
        store = state + "/podkeeper/podkeeper.db"
        localState = state + "/podkeeper/local"
    }
}
