package import SandboxCore

/// What a backend must offer for sessions to be kept: the port between the session rules and a cluster or this host.
package protocol SandboxProvider: Sendable {
    /// `kubernetes` or `local`.
    var backend: String { get }

    /// Whether sandboxes are kept apart from the host and each other; nil where that goes without saying.
    var isolation: String? { get }

    /// What else is worth saying about the backend in `daemon.status`, by name.
    var details: [String: String] { get }

    /// What the sandbox will be called. Pure: the same arguments give the same name, no two sessions share one.
    func sandboxName(sessionID: SessionID, generation: Int) -> String

    /// Creates the sandbox that the claim names and waits until it is ready.
    ///
    /// Repeatable: where a sandbox of that name with the claim's own nonce exists already (an answer was lost, the
    /// daemon was restarted in between), it is taken up again and not made twice. A start that fails leaves nothing
    /// behind that it can still remove; the manager calls `discard` in any case.
    func start(_ claim: SandboxClaim) async throws(SandboxError) -> StartedSandbox

    /// Takes up a sandbox that an earlier daemon started: same uid, and it answers.
    func adopt(_ claim: SandboxClaim, info: SandboxInfo) async -> Adoption

    /// Deletes by uid (by name and nonce where no uid is known yet) and returns once the sandbox is confirmed gone.
    /// One that is gone already is success. Throws when it may still be there.
    func discard(_ target: DiscardTarget) async throws(SandboxError)

    /// Tells the backend whose a sandbox is, where it says otherwise (a pool had made it, or somebody changed its
    /// labels): the claim's session, generation and labels. Repeatable; a sandbox that is gone is success.
    func relabel(_ claim: SandboxClaim, info: SandboxInfo) async throws(SandboxError)

    /// Everything that a sandbox of this profile is made of, as a short word. Pure: it stays the same as long as a new
    /// sandbox would be the same as one that was made before.
    func shape(ofProfile profile: String) -> String

    /// Throws `invalid` for labels and variables that no sandbox of this backend can carry. Pure.
    func check(labels: [String: String], environment: [String: String]) throws(SandboxError)

    /// Everything that carries this daemon instance's label, whatever its state.
    func inventory() async throws(SandboxError) -> [FoundSandbox]

    /// Returns when the backend answers and lets the daemon look, however many sandboxes there are; throws otherwise.
    func probe() async throws(SandboxError)

    /// The backend's own word about this very sandbox.
    func liveness(_ info: SandboxInfo) async -> Liveness

    /// Yields what the backend reports by itself. Bounded; the manager reconciles when it says `resync`.
    var events: AsyncStream<SandboxEvent> { get }

    /// Runs the provider's own background work (its watch) until cancelled.
    func run() async throws
}

extension SandboxProvider {
    package var details: [String: String] { [:] }

    /// Where the inventory costs next to nothing it tells as much.
    package func probe() async throws(SandboxError) {
        _ = try await inventory()
    }
}

/// One sandbox to be made, as the store has reserved it.
package struct SandboxClaim: Hashable, Sendable {
    package var sessionID: SessionID
    package var generation: Int
    package var profile: String
    package var sandboxName: String
    /// Random per generation: tells our own sandbox from a stranger's of the same name.
    package var nonce: String
    /// The secret that the daemon shows to the exec server.
    package var token: String
    package var environment: [String: String]
    package var labels: [String: String]
    /// How long the start may take in all.
    package var startupTimeout: Duration

    package init(
        sessionID: SessionID, generation: Int, profile: String, sandboxName: String, nonce: String, token: String,
        environment: [String: String], labels: [String: String], startupTimeout: Duration
    ) {
        self.sessionID = sessionID
        self.generation = generation
        self.profile = profile
        self.sandboxName = sandboxName
        self.nonce = nonce
        self.token = token
        self.environment = environment
        self.labels = labels
        self.startupTimeout = startupTimeout
    }
}

package struct StartedSandbox: Sendable {
    package var info: SandboxInfo
    package var sandbox: any Sandbox

    package init(info: SandboxInfo, sandbox: any Sandbox) {
        self.info = info
        self.sandbox = sandbox
    }
}

package enum Adoption: Sendable {
    case adopted(StartedSandbox)
    case gone(GoneReason, detail: EndDetail)
    /// No answer: the session stays as it is, and adoption is tried again.
    case unknown(SandboxError)
}

package enum Liveness: Hashable, Sendable {
    case alive
    case gone(GoneReason, detail: EndDetail)
    case unknown(String)
}

/// Which sandbox to delete. `uid` is nil where the daemon died, or the answer was lost, before one was recorded.
package struct DiscardTarget: Hashable, Sendable {
    package var name: String
    package var uid: String?
    package var nonce: String

    package init(name: String, uid: String?, nonce: String) {
        self.name = name
        self.uid = uid
        self.nonce = nonce
    }
}

/// A sandbox met in the backend, read from its own labels and annotations.
package struct FoundSandbox: Hashable, Sendable {
    package var name: String
    package var uid: String
    package var nonce: String?
    /// Nil where the annotation is missing or unreadable: then it is reported and left alone.
    package var sessionID: SessionID?
    package var generation: Int?
    /// Deletion is under way.
    package var isTerminating: Bool
    /// What its own labels say that its annotations do not, as a sentence; nil where they agree.
    package var fault: String?

    package init(
        name: String, uid: String, nonce: String?, sessionID: SessionID?, generation: Int?, isTerminating: Bool,
        fault: String? = nil
    ) {
        self.name = name
        self.uid = uid
        self.nonce = nonce
        self.sessionID = sessionID
        self.generation = generation
        self.isTerminating = isTerminating
        self.fault = fault
    }
}

package enum SandboxEvent: Hashable, Sendable {
    case gone(name: String, uid: String, GoneReason, detail: EndDetail)
    /// Met for the first time. One that nobody here knows has both sides compared.
    case appeared(FoundSandbox)
    /// The backend's view was interrupted: compare both sides again.
    case resync
}
