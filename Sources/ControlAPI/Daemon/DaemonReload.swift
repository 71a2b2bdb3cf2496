package import JSONRPC

/// Reads the configuration again, as SIGHUP does, and takes up what can be changed while the daemon runs. A
/// configuration that cannot be read changes nothing.
package enum DaemonReload: RPCMethod {
    package static let name = "daemon.reload"
    package static var isForOperators: Bool { true }

    package typealias Params = NoParams

    package struct Result: Codable, Hashable, Sendable {
        /// Sections that were taken up.
        package var changed: [String]
        /// Settings that are other than before, and that only a restart takes up.
        package var needsRestart: [String]

        package enum CodingKeys: String, CodingKey {
            case changed
            case needsRestart = "needs_restart"
        }

        package init(changed: [String], needsRestart: [String]) {
            self.changed = changed
            self.needsRestart = needsRestart
        }
    }
}
