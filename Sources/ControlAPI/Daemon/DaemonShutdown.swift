package import JSONRPC

/// Stops the daemon as SIGTERM does. Answered before it stops.
package enum DaemonShutdown: RPCMethod {
    package static let name = "daemon.shutdown"
    package static var isForOperators: Bool { true }

    package enum Sessions: String, Codable, Hashable, Sendable, CaseIterable { case keep, release }

    package struct Params: NamedParams {
        /// What becomes of the sessions; `sessions.on_shutdown` where it is absent.
        package var sessions: Sessions?

        package enum CodingKeys: String, CodingKey, CaseIterable { case sessions }

        package init(sessions: Sessions? = nil) {
            self.sessions = sessions
        }
    }

    package typealias Result = EmptyResult
}
