package import JSONRPC

/// What the daemon is, what it holds, and how its store and backend are.
package enum DaemonStatus: RPCMethod {
    package static let name = "daemon.status"
    package static var isLook: Bool { true }

    package typealias Params = NoParams

    package struct Result: Codable, Hashable, Sendable {
        package struct Limits: Codable, Hashable, Sendable {
            package var maxSessions: Int
            package var maxSessionsPerOwner: Int?
            package var maxStarting: Int
            package var maxMessageBytes: Int
            /// Seconds.
            package var maxTimeout: Double

            package enum CodingKeys: String, CodingKey {
                case maxSessions = "max_sessions"
                case maxSessionsPerOwner = "max_sessions_per_owner"
                case maxStarting = "max_starting"
                case maxMessageBytes = "max_message_bytes"
                case maxTimeout = "max_timeout"
            }

            package init(
                maxSessions: Int, maxSessionsPerOwner: Int?, maxStarting: Int, maxMessageBytes: Int, maxTimeout: Double
            ) {
                self.maxSessions = maxSessions
                self.maxSessionsPerOwner = maxSessionsPerOwner
                self.maxStarting = maxStarting
                self.maxMessageBytes = maxMessageBytes
                self.maxTimeout = maxTimeout
            }
        }

        package struct Health: Codable, Hashable, Sendable {
            package var ok: Bool
            package var detail: String?

            package init(ok: Bool, detail: String?) {
                self.ok = ok
                self.detail = detail
            }
        }

        package var version: String
        package var apiVersion: Int
        package var instanceID: String
        package var pid: Int32
        package var startedAt: Timestamp
        package var backend: String
        /// Local backend: `bubblewrap` or `none`; absent on Kubernetes, where the pod is the isolation.
        package var isolation: String?
        /// What else there is to say about the backend, by name. On Kubernetes `connect`: how exec servers in pods are
        /// reached, and why; `missing_rights`: what the daemon may not do, and what grants it, where anything is missing.
        package var backendDetails: [String: String]?
        /// Sessions by state.
        package var sessions: [String: Int]
        /// No new sessions are taken (`daemon.drain`).
        package var draining: Bool
        /// Deletions that are not confirmed yet and go on being tried.
        package var pendingDeletions: Int
        package var limits: Limits
        package var store: Health
        package var cluster: Health

        package enum CodingKeys: String, CodingKey {
            case version
            case apiVersion = "api_version"
            case instanceID = "instance_id"
            case pid
            case startedAt = "started_at"
            case backend, isolation
            case backendDetails = "backend_details"
            case sessions, draining
            case pendingDeletions = "pending_deletions"
            case limits, store, cluster
        }

        package init(
            version: String, apiVersion: Int, instanceID: String, pid: Int32, startedAt: Timestamp, backend: String,
            isolation: String?, backendDetails: [String: String]? = nil, sessions: [String: Int], draining: Bool,
            pendingDeletions: Int, limits: Limits, store: Health,
            cluster: Health
        ) {
            self.version = version
            self.apiVersion = apiVersion
            self.instanceID = instanceID
            self.pid = pid
            self.startedAt = startedAt
            self.backend = backend
            self.isolation = isolation
            self.backendDetails = backendDetails
            self.sessions = sessions
            self.draining = draining
            self.pendingDeletions = pendingDeletions
            self.limits = limits
            self.store = store
            self.cluster = cluster
        }
    }
}
