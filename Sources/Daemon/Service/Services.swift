import ControlServer
import Logging
import ServiceLifecycle
import SessionManager
import UnixSignals

/// The sessions' own work, as a service: kept or released when the daemon is stopped.
struct SessionService: Service {
    let sessions: SessionManager
    let releases: @Sendable () -> Bool

    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await sessions.run() }
            group.addTask {
                // Returns at a graceful shutdown, and throws when the group is cancelled because `run` has ended.
                try await gracefulShutdown()
                await sessions.shutdown(releasing: releases())
            }
            try await group.next()
            guard Task.isShuttingDownGracefully else { return group.cancelAll() }
            try await group.waitForAll()
        }
    }
}

/// The control socket as a service.
struct ControlService: Service {
    let server: ControlServer
    let manager: ServiceManager
    let logger: Logger

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await server.run()
        } onGracefulShutdown: {
            manager.notify("STOPPING=1", logger)
            server.stop()
        }
    }
}

/// Tells the service manager that the daemon serves, and from then on that it lives; takes SIGHUP for a reload.
struct ServiceManagerService: Service {
    let manager: ServiceManager
    let server: ControlServer
    let sessions: SessionManager
    let reloader: ConfigurationReloader
    let logger: Logger

    func run() async {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { await reportLife() }
                group.addTask { await reloadOnSignal() }
            }
        }
    }

    private func reportLife() async {
        await server.comeRound()
        manager.notify("READY=1", logger)
        guard let watchdog = manager.watchdog else { return }
        // Half of it, as sd_watchdog_enabled(3) advises. The wait ends with the service.
        while (try? await ContinuousClock().sleep(for: watchdog / 2)) != nil {
            // Only what can still do its work is alive: the socket's loop comes round, the sessions' lock is let go.
            await server.comeRound()
            _ = sessions.counts()
            manager.notify("WATCHDOG=1", logger)
        }
    }

    private func reloadOnSignal() async {
        for await _ in await UnixSignalsSequence(trapping: .sighup) {
            manager.notify(ServiceManager.reloading, logger)
            do {
                _ = try reloader.reload()
            } catch {
                logger.error("the configuration stays as it was", metadata: ["error": "\(ErrorText.line(error))"])
            }
            manager.notify("READY=1", logger)
        }
    }
}
