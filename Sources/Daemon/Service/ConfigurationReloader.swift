import ControlAPI
import Logging
import SQLiteStore
import SessionManager
import Synchronization

/// Takes up, while the daemon runs, what can be changed then: `access` but for the socket's file, `sessions` but for what
/// becomes of them at the end, `log.level`.
final class ConfigurationReloader: Sendable {
    private let load: @Sendable () throws -> ResolvedConfiguration
    private let access: AccessPolicy
    private let sessions: SessionManager
    private let logger: Logger
    /// What is in force. Of the rest, what the daemon was started with.
    private let current: Mutex<ResolvedConfiguration>

    init(
        _ configuration: ResolvedConfiguration, access: AccessPolicy, sessions: SessionManager, logger: Logger,
        load: @escaping @Sendable () throws -> ResolvedConfiguration
    ) {
        current = Mutex(configuration)
        self.access = access
        self.sessions = sessions
        self.logger = logger
        self.load = load
    }

    /// Throws `ConfigurationError` where the configuration cannot be read; nothing has changed then.
    func reload() throws -> DaemonReload.Result {
        let next = try load()
        let result = current.withLock { current in
            let result = Self.compare(current, next)
            access.update(next.settings.access)
            sessions.update(next.settings.sessions.policy)
            LineLogHandler.level.withLock { $0 = next.settings.log.level }
            current = current.taking(next)
            return result
        }
        logger.notice(
            "configuration read again",
            metadata: [
                "changed": "\(result.changed.joined(separator: ","))",
                "needs_restart": "\(result.needsRestart.joined(separator: ","))",
            ])
        return result
    }

    private static func compare(_ old: ResolvedConfiguration, _ new: ResolvedConfiguration) -> DaemonReload.Result {
        let (before, after) = (old.settings, new.settings)
        let (oldAccess, newAccess) = (before.access, after.access)
        let changed = [
            ("access", oldAccess.operators != newAccess.operators || oldAccess.agents != newAccess.agents),
            ("log.level", before.log.level != after.log.level),
            ("sessions", before.sessions.policy != after.sessions.policy),
        ]
        let fixed = [
            ("access.group", oldAccess.socketGroup != newAccess.socketGroup),
            ("access.socket_mode", oldAccess.socketMode != newAccess.socketMode),
            ("backend", old.backend != new.backend), ("events", before.retention.events != after.retention.events),
            ("history", before.retention.history != after.retention.history),
            ("kubernetes", before.kubernetes != after.kubernetes),
            ("limits", before.limits != after.limits), ("local", before.local != after.local),
            ("log.format", before.log.format != after.log.format), ("metrics", before.metrics != after.metrics),
            ("profiles", old.profiles != new.profiles),
            ("sessions.on_shutdown", before.sessions.onShutdown != after.sessions.onShutdown),
            ("socket", old.socket != new.socket), ("store", old.store != new.store),
        ]
        return DaemonReload.Result(
            changed: changed.filter(\.1).map(\.0), needsRestart: fixed.filter(\.1).map(\.0))
    }
}

extension ResolvedConfiguration {
    /// With those settings of another one that a reload takes up.
    fileprivate func taking(_ other: ResolvedConfiguration) -> ResolvedConfiguration {
        var result = self
        result.settings.access.operators = other.settings.access.operators
        result.settings.access.agents = other.settings.access.agents
        result.settings.log.level = other.settings.log.level
        let onShutdown = settings.sessions.onShutdown
        result.settings.sessions = other.settings.sessions
        result.settings.sessions.onShutdown = onShutdown
        return result
    }
}
