import JSONRPC

/// Reaps now what has been idle for longer than `max_idle`, or than its own timeout.
package enum SessionCleanupIdle: RPCMethod {
    package static let name = "session.cleanup_idle"
    package static var isForOperators: Bool { true }

    package struct Params: NamedParams {
        /// Seconds.
        package var maxIdle: Double?
        package var dryRun: Bool?

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case maxIdle = "max_idle"
            case dryRun = "dry_run"
        }

        package init(maxIdle: Double? = nil, dryRun: Bool? = nil) {
            self.maxIdle = maxIdle
            self.dryRun = dryRun
        }
    }

    package struct Result: Codable, Hashable, Sendable {
        package var count: Int
        package var sessions: [ReapedSession]

        package init(count: Int, sessions: [ReapedSession]) {
            self.count = count
            self.sessions = sessions
        }
    }
}
