import JSONRPC

/// Gives the session of this id, and starts one where there is none.
package enum SessionGetOrCreate: RPCMethod {
    package static let name = "session.get_or_create"

    package struct Params: SessionParams {
        package var sessionID: String
        package var profile: String?
        /// Never creates: a session that is not there, or whose sandbox is dead, is an error.
        package var attach: Bool?
        /// False: answers at once, with a session that may still be `starting`.
        package var wait: Bool?
        /// Seconds that the caller waits; the start goes on after it.
        package var timeout: Double?
        /// Seconds; overrides the profile's.
        package var idleTimeout: Double?
        /// Seconds; overrides the profile's.
        package var maxLifetime: Double?
        package var labels: [String: String]?
        package var environment: [String: String]?

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case sessionID = "session_id"
            case profile
            case attach
            case wait
            case timeout
            case idleTimeout = "idle_timeout"
            case maxLifetime = "max_lifetime"
            case labels
            case environment = "env"
        }

        package static func only(_ member: String, _ value: String) -> Self? {
            member == CodingKeys.sessionID.rawValue ? Self(sessionID: value) : nil
        }

        package init(
            sessionID: String, profile: String? = nil, attach: Bool? = nil, wait: Bool? = nil, timeout: Double? = nil,
            idleTimeout: Double? = nil, maxLifetime: Double? = nil, labels: [String: String]? = nil,
            environment: [String: String]? = nil
        ) {
            self.sessionID = sessionID
            self.profile = profile
            self.attach = attach
            self.wait = wait
            self.timeout = timeout
            self.idleTimeout = idleTimeout
            self.maxLifetime = maxLifetime
            self.labels = labels
            self.environment = environment
        }
    }

    package typealias Result = OpenedSession
}
