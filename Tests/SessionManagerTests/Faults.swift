import SQLiteStore
import SandboxCore
import SessionManager
import Synchronization

/// What may become of a call to a backend or a store, drawn from a seed.
final class Faults: Sendable {
    enum Fault { case none, fails, hangs, late, losesItsAnswer }

    private struct State {
        var random: SeededRandom
        var isOn = false
        var counts: [Fault: Int] = [:]
    }

    private let clock: ManualClock
    private let state: Mutex<State>

    init(seed: UInt64, clock: ManualClock) {
        self.clock = clock
        state = Mutex(State(random: SeededRandom(seed: seed)))
    }

    /// From now on calls go wrong.
    func begin() { state.withLock { $0.isOn = true } }

    /// From now on every call succeeds; those that hang go on until somebody gives up on them.
    func heal() { state.withLock { $0.isOn = false } }

    var counts: [Fault: Int] { state.withLock(\.counts) }

    func draw(_ possible: [Fault]) -> Fault {
        state.withLock { state in
            guard state.isOn, Int.random(in: 0..<3, using: &state.random) == 0,
                let fault = possible.randomElement(using: &state.random)
            else { return .none }
            state.counts[fault, default: 0] += 1
            return fault
        }
    }

    /// A while on the test's clock, or until the call is given up.
    func delay() async {
        let seconds = state.withLock { Int.random(in: 1...20, using: &$0.random) }
        try? await clock.sleep(until: clock.monotonic + .seconds(seconds))
    }

    func hang() async { try? await clock.sleep(until: .seconds(1_000_000_000)) }
}

/// A backend whose every call can fail, hang, come late, or be done and lose its answer, as an API server under load
/// or behind a broken network does.
final class FaultyProvider: SandboxProvider {
    private let base: ScriptedProvider
    private let faults: Faults

    init(_ base: ScriptedProvider, _ faults: Faults) {
        self.base = base
        self.faults = faults
    }

    var backend: String { base.backend }
    var isolation: String? { nil }
    var events: AsyncStream<SandboxEvent> { base.events }

    func sandboxName(sessionID: SessionID, generation: Int) -> String {
        base.sandboxName(sessionID: sessionID, generation: generation)
    }

    private static let noAnswer = SandboxError.backendUnavailable("no answer")

    private func suffer<Answer>(
        _ call: () async throws(SandboxError) -> Answer
    ) async throws(SandboxError) -> Answer {
        switch faults.draw([.fails, .hangs, .late, .losesItsAnswer]) {
        case .none: break
        case .fails: throw Self.noAnswer
        case .hangs:
            await faults.hang()
            throw .cancelled
        case .late: await faults.delay()
        case .losesItsAnswer:
            _ = try await call()
            throw Self.noAnswer
        }
        return try await call()
    }

    func start(_ claim: SandboxClaim) async throws(SandboxError) -> StartedSandbox {
        try await suffer { () throws(SandboxError) in try await base.start(claim) }
    }
    func adopt(_ claim: SandboxClaim, info: SandboxInfo) async -> Adoption {
        do throws(SandboxError) {
            return try await suffer { () throws(SandboxError) in await base.adopt(claim, info: info) }
        } catch {
            return .unknown(error)
        }
    }
    func discard(_ target: DiscardTarget) async throws(SandboxError) {
        try await suffer { () throws(SandboxError) in try await base.discard(target) }
    }
    func inventory() async throws(SandboxError) -> [FoundSandbox] {
        try await suffer { () throws(SandboxError) in try await base.inventory() }
    }
    func liveness(_ info: SandboxInfo) async -> Liveness {
        do throws(SandboxError) {
            return try await suffer { () throws(SandboxError) in await base.liveness(info) }
        } catch {
            return .unknown(error.message)
        }
    }
    func relabel(_ claim: SandboxClaim, info: SandboxInfo) async throws(SandboxError) {
        try await suffer { () throws(SandboxError) in try await base.relabel(claim, info: info) }
    }
    func shape(ofProfile profile: String) -> String { base.shape(ofProfile: profile) }
    func check(labels: [String: String], environment: [String: String]) throws(SandboxError) {
        try base.check(labels: labels, environment: environment)
    }
    func run() async throws { try await base.run() }
}

/// A real store whose writes can fail (a full disk) or come late (a slow one). None is done and loses its answer:
/// SQLite's answer is a return value, and an error is a transaction undone.
final class FaultyStore: SessionStore {
    private let base: SQLiteStore
    private let faults: Faults

    init(_ base: SQLiteStore, _ faults: Faults) {
        self.base = base
        self.faults = faults
    }

    var instanceID: String { base.instanceID }
    var latestEvent: Int64 { base.latestEvent }

    private func suffer() async throws(SandboxError) {
        switch faults.draw([.fails, .late]) {
        case .none, .hangs, .losesItsAnswer: break
        case .fails: throw SandboxError(.internal, "the disk is full")
        case .late: await faults.delay()
        }
    }

    func load() async throws(SandboxError) -> StoredSessions { try await base.load() }
    func reserve(
        _ draft: ReservationDraft, nonce: String, token: String, limits: SessionLimits,
        sandboxName: @escaping @Sendable (Int) -> String
    ) async throws(SandboxError) -> SessionRecord {
        try await suffer()
        return try await base.reserve(draft, nonce: nonce, token: token, limits: limits, sandboxName: sandboxName)
    }
    func claim(
        _ member: SessionRecord, for draft: ReservationDraft, limits: SessionLimits
    ) async throws(SandboxError) -> SessionRecord {
        try await suffer()
        return try await base.claim(member, for: draft, limits: limits)
    }
    func apply(_ change: StoreChange, at: Timestamp) async throws(SandboxError) {
        try await suffer()
        try await base.apply(change, at: at)
    }
    func markActive(_ key: SandboxKey, mark: Int64) async throws(SandboxError) {
        try await suffer()
        try await base.markActive(key, mark: mark)
    }
    func settle(_ stamps: [ActivityStamp], checkpoint: ClockCheckpoint) async throws(SandboxError) {
        try await suffer()
        try await base.settle(stamps, checkpoint: checkpoint)
    }
    func events(_ query: EventQuery) async throws(SandboxError) -> EventPage { try await base.events(query) }
    func history(_ query: HistoryQuery) async throws(SandboxError) -> HistoryPage { try await base.history(query) }
}
