import SandboxCore

/// What the daemon notes of a sandbox beside its files, so that the next daemon finds it.
///
/// Written before the process is made, with `process` nil, and again right after: a daemon that dies in between leaves
/// processes that are found by the socket's path among their arguments.
struct SandboxRecord: Hashable, Sendable, Codable {
    var name: String
    var uid: String
    var nonce: String
    var instance: String
    var sessionID: String
    var generation: Int
    var isolation: ActiveIsolation
    /// `/proc/sys/kernel/random/boot_id`: process ids of another boot mean nothing.
    var bootID: String
    /// RFC 3339, UTC.
    var createdAt: String
    /// podkeeper-execd's `init`.
    var process: ProcessIdentity?

    private enum CodingKeys: String, CodingKey {
        case name, uid, nonce, instance, generation, isolation, process
        case sessionID = "session_id"
        case bootID = "boot_id"
        case createdAt = "created_at"
    }
}

/// What keeps a sandbox apart, once decided.
enum ActiveIsolation: String, Hashable, Sendable, Codable {
    case bubblewrap
    case none
}
