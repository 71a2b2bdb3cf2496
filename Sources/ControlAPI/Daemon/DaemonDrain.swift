import JSONRPC

/// Whether new sessions are refused (`draining`); those that there are go on. It lasts until it is turned off or the
/// daemon ends.
package enum DaemonDrain: RPCMethod {
    package static let name = "daemon.drain"
    package static var isForOperators: Bool { true }

    package struct Params: NamedParams {
        /// True when absent.
        package var enabled: Bool?

        package enum CodingKeys: String, CodingKey, CaseIterable { case enabled }

        package init(enabled: Bool? = nil) {
            self.enabled = enabled
        }
    }

    package struct Result: Codable, Hashable, Sendable {
        package var draining: Bool

        package init(draining: Bool) {
            self.draining = draining
        }
    }
}
