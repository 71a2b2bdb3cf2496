import JSONRPC

/// A session as the API shows it.
package struct Session: Decodable, JSONWritable, Hashable {
    package enum State: String, Codable, Sendable, CaseIterable { case queued, starting, ready, stopping, failed }

    /// Where the session's sandbox is. Members that a backend does not have are null.
    package struct Sandbox: Codable, Hashable, Sendable {
        package var name: String
        package var uid: String?
        package var namespace: String?
        package var node: String?
        package var ip: String?
        package var image: String?
        package var mode: String?
        package var pid: Int32?

        package init(
            name: String, uid: String? = nil, namespace: String? = nil, node: String? = nil, ip: String? = nil,
            image: String? = nil, mode: String? = nil, pid: Int32? = nil
        ) {
            self.name = name
            self.uid = uid
            self.namespace = namespace
            self.node = node
            self.ip = ip
            self.image = image
            self.mode = mode
            self.pid = pid
        }
    }

    /// Who created the session, as the kernel told the daemon.
    package struct Owner: Codable, Hashable, Sendable {
        package var uid: UInt32
        package var gid: UInt32
        package var user: String?

        package init(uid: UInt32, gid: UInt32, user: String?) {
            self.uid = uid
            self.gid = gid
            self.user = user
        }
    }

    package var sessionID: String
    package var state: State
    package var profile: String
    package var backend: String
    package var generation: Int
    package var sandbox: Sandbox
    /// Null until the sandbox is ready.
    @ExplicitNull package var workDirectory: String?
    package var owner: Owner
    package var labels: [String: String]
    package var createdAt: Timestamp
    @ExplicitNull package var readyAt: Timestamp?
    /// Seconds that each stage of the start took, by stage: `create`, `schedule`, `pull`, `start`, `ready`. Missing
    /// where the backend does not measure.
    package var timing: [String: Double]?
    package var lastActivityAt: Timestamp
    package var lastActivity: String
    package var idleSeconds: Double
    /// Seconds; null when the session is never reaped for being idle.
    @ExplicitNull package var idleTimeout: Double?
    @ExplicitNull package var maxLifetime: Double?
    /// Null while a lease is held or no timeout applies.
    @ExplicitNull package var reapAt: Timestamp?
    package var leases: Int
    @ExplicitNull package var message: String?
    /// Where it was asked for and the sandbox could tell.
    package var usage: SessionUsage?

    package enum CodingKeys: String, CodingKey {
        case sessionID = "session_id"
        case state, profile, backend, generation, sandbox
        case workDirectory = "work_dir"
        case owner, labels
        case createdAt = "created_at"
        case readyAt = "ready_at"
        case timing
        case lastActivityAt = "last_activity_at"
        case lastActivity = "last_activity"
        case idleSeconds = "idle_seconds"
        case idleTimeout = "idle_timeout"
        case maxLifetime = "max_lifetime"
        case reapAt = "reap_at"
        case leases, message, usage
    }

    package init(
        sessionID: String, state: State, profile: String, backend: String, generation: Int, sandbox: Sandbox,
        workDirectory: String?, owner: Owner, labels: [String: String], createdAt: Timestamp, readyAt: Timestamp?,
        timing: [String: Double]? = nil, lastActivityAt: Timestamp, lastActivity: String, idleSeconds: Double,
        idleTimeout: Double?, maxLifetime: Double?, reapAt: Timestamp?, leases: Int, message: String?,
        usage: SessionUsage? = nil
    ) {
        self.sessionID = sessionID
        self.state = state
        self.profile = profile
        self.backend = backend
        self.generation = generation
        self.sandbox = sandbox
        self.workDirectory = workDirectory
        self.owner = owner
        self.labels = labels
        self.createdAt = createdAt
        self.readyAt = readyAt
        self.timing = timing
        self.lastActivityAt = lastActivityAt
        self.lastActivity = lastActivity
        self.idleSeconds = idleSeconds
        self.idleTimeout = idleTimeout
        self.maxLifetime = maxLifetime
        self.reapAt = reapAt
        self.leases = leases
        self.message = message
        self.usage = usage
    }
}
