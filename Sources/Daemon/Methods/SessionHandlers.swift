import ControlAPI
package import ControlServer
package import JSONRPC
import SandboxCore
package import SessionManager

/// The `session.*` methods.
package struct SessionHandlers: Sendable {
    private let sessions: SessionManager
    private let access: AccessPolicy
    private let limits: LimitSettings
    private let backend: String
    private let usage: UsageReader
    private let texts = SessionTexts()

    package init(sessions: SessionManager, access: AccessPolicy, limits: LimitSettings, backend: String) {
        self.sessions = sessions
        self.access = access
        self.limits = limits
        self.backend = backend
        usage = UsageReader(sessions: sessions)
    }

    package func register(in router: inout RPCRouter<ControlCall>) {
        router.on(SessionGetOrCreate.self, getOrCreate)
        router.onNow(SessionGetOrCreate.self, writing: LiveSessionAnswer.self, getOrCreateNow)
        router.on(SessionGet.self, get)
        router.onNow(SessionGet.self, getNow)
        router.on(SessionList.self, list)
        router.on(SessionRelease.self, release)
        router.on(SessionTouch.self, touch)
        router.onNow(SessionTouch.self, touchNow)
        router.on(SessionIsAlive.self, isAlive)
        router.on(SessionUpdate.self, update)
        router.on(SessionExplain.self, explain)
        router.on(SessionHistory.self, history)
        router.on(SessionCleanupIdle.self, cleanupIdle)
    }

    private func getOrCreate(
        _ params: SessionGetOrCreate.Params, _ call: ControlCall
    ) async throws(SandboxError) -> ControlAPI.OpenedSession {
        var request = try request(params, call)
        // Looked up here only: it may take the system a while, and matters for a session that is made now.
        request.owner.user = SystemAccounts.userName(call.peer.uid)
        let opened = try await sessions.open(request)
        return ControlAPI.OpenedSession(
            session: Session(opened.session, backend: backend), created: opened.created,
            replaced: opened.replaced.map { .init(generation: $0.generation, reason: $0.reason.rawValue) })
    }

    /// Of a session that is at hand.
    private func getOrCreateNow(
        _ params: SessionGetOrCreate.Params, _ call: ControlCall
    ) throws(SandboxError) -> LiveSessionAnswer? {
        let request = try request(params, call)
        guard let opened = try sessions.openNow(request) else { return nil }
        let constant = texts.text(of: opened.revision) {
            sessions.snapshot(of: request.sessionID, opened.revision).map {
                LiveSessionAnswer.constant(of: Session($0, backend: backend))
            }
        }
        return constant.map { LiveSessionAnswer(constant: $0, use: SessionUse(opened.activity)) }
    }

    private func request(
        _ params: SessionGetOrCreate.Params, _ call: ControlCall
    ) throws(SandboxError) -> OpenRequest {
        OpenRequest(
            sessionID: try SessionID(params.sessionID),
            owner: SessionOwner(uid: call.peer.uid, gid: call.peer.gid, user: nil),
            ignoresOwner: access.isOperator(call.peer), attaches: params.attach ?? false,
            waits: params.wait ?? true,
            timeout: try Parameters.duration(params.timeout, named: "timeout", limit: limits.maxTimeout),
            profile: params.profile,
            idleTimeout: try Parameters.duration(params.idleTimeout, named: "idle_timeout"),
            maxLifetime: try Parameters.duration(params.maxLifetime, named: "max_lifetime"),
            labels: try Parameters.labels(params.labels) ?? [:], environment: params.environment ?? [:])
    }

    private func get(_ params: SessionGet.Params, _ call: ControlCall) async throws(SandboxError) -> Session {
        let session = Session(try sessions.get(try SessionID(params.sessionID)), backend: backend)
        guard params.usage == true else { return session }
        return await usage.fill([session]).first ?? session
    }

    private func getNow(_ params: SessionGet.Params, _ call: ControlCall) throws(SandboxError) -> Session? {
        guard params.usage != true else { return nil }
        return Session(try sessions.get(try SessionID(params.sessionID)), backend: backend)
    }

    private func list(
        _ params: SessionList.Params, _ call: ControlCall
    ) async throws(SandboxError) -> SessionList.Result {
        let limit = try Parameters.integer(
            params.limit, named: "limit", in: 1...SessionFilter.maximumLimit, default: SessionFilter.defaultLimit)
        let page = try sessions.list(
            SessionFilter(
                states: params.states.map { Set($0.compactMap { SessionState(rawValue: $0.rawValue) }) },
                labels: params.labels ?? [:],
                ownerUID: try access.visibleOwner(call.peer, asked: params.ownerUID), profile: params.profile,
                limit: limit, cursor: params.cursor))
        let listed = page.sessions.map { Session($0, backend: backend) }
        return SessionList.Result(
            sessions: params.usage == true ? await usage.fill(listed) : listed, nextCursor: page.nextCursor,
            total: page.total)
    }

    private func release(
        _ params: SessionRelease.Params, _ call: ControlCall
    ) async throws(SandboxError) -> SessionRelease.Result {
        let released = try await sessions.release(
            try SessionID(params.sessionID),
            reason: try Parameters.text(params.reason, named: "reason", maximumBytes: 1024) ?? "released",
            wait: params.wait ?? true)
        return SessionRelease.Result(released: released)
    }

    private func touch(
        _ params: SessionTouch.Params, _ call: ControlCall
    ) async throws(SandboxError) -> SessionTouch.Result {
        touched(try await sessions.touch(try SessionID(params.sessionID)))
    }

    private func touchNow(
        _ params: SessionTouch.Params, _ call: ControlCall
    ) throws(SandboxError) -> SessionTouch.Result? {
        sessions.touchNow(try SessionID(params.sessionID)).map(touched)
    }

    private func touched(_ activity: SessionActivity) -> SessionTouch.Result {
        SessionTouch.Result(
            lastActivityAt: .init(activity.lastActivityAt.date), reapAt: activity.reapAt.map { .init($0.date) })
    }

    private func update(_ params: SessionUpdate.Params, _ call: ControlCall) async throws(SandboxError) -> Session {
        let change = SettingsChange(
            idleTimeout: try Parameters.duration(params.idleTimeout, named: "idle_timeout"),
            maxLifetime: try Parameters.duration(params.maxLifetime, named: "max_lifetime"),
            labels: try Parameters.labels(params.labels))
        return Session(try await sessions.update(try SessionID(params.sessionID), change), backend: backend)
    }

    private func explain(
        _ params: SessionExplain.Params, _ call: ControlCall
    ) async throws(SandboxError) -> SessionExplain.Result {
        SessionExplain.Result(try sessions.explain(try SessionID(params.sessionID)))
    }

    private func history(
        _ params: SessionHistory.Params, _ call: ControlCall
    ) async throws(SandboxError) -> SessionHistory.Result {
        let limit = try Parameters.integer(
            params.limit, named: "limit", in: 1...HistoryQuery.maximumLimit, default: HistoryQuery.defaultLimit)
        let page = try await sessions.history(
            HistoryQuery(
                sessionID: try params.sessionID.map { (id) throws(SandboxError) in try SessionID(id) },
                ownerUID: try access.visibleOwner(call.peer, asked: nil), limit: limit, cursor: params.cursor))
        return SessionHistory.Result(sessions: page.records.map { EndedSession($0) }, nextCursor: page.nextCursor)
    }

    private func isAlive(
        _ params: SessionIsAlive.Params, _ call: ControlCall
    ) async throws(SandboxError) -> SessionIsAlive.Result {
        SessionIsAlive.Result(alive: try await sessions.isAlive(try SessionID(params.sessionID)))
    }

    private func cleanupIdle(
        _ params: SessionCleanupIdle.Params, _ call: ControlCall
    ) async throws(SandboxError) -> SessionCleanupIdle.Result {
        let maxIdle = try Parameters.duration(params.maxIdle, named: "max_idle")
        let reaped = await sessions.cleanupIdle(maxIdle: maxIdle, dryRun: params.dryRun ?? false)
        return SessionCleanupIdle.Result(
            count: reaped.count,
            sessions: reaped.map {
                .init(sessionID: $0.sessionID.rawValue, idleSeconds: $0.idle.seconds, reason: $0.reason.rawValue)
            })
    }
}
