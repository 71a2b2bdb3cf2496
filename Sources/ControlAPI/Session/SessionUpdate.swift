import JSONRPC

/// Changes a session's timeouts and labels. No activity.
package enum SessionUpdate: RPCMethod {
    package static let name = "session.update"

    package struct Params: SessionParams {
        package var sessionID: String
        /// Seconds; the idle clock goes on.
        package var idleTimeout: Double?
        /// Seconds from when the session was ready.
        package var maxLifetime: Double?
        /// In place of all that it has.
        package var labels: [String: String]?

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case sessionID = "session_id"
            case idleTimeout = "idle_timeout"
            case maxLifetime = "max_lifetime"
            case labels
        }

        package init(
            sessionID: String, idleTimeout: Double? = nil, maxLifetime: Double? = nil,
            labels: [String: String]? = nil
        ) {
            self.sessionID = sessionID
            self.idleTimeout = idleTimeout
            self.maxLifetime = maxLifetime
            self.labels = labels
        }
    }

    package typealias Result = Session
}
