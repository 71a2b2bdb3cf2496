import ControlAPI
package import ControlServer
package import Foundation
package import JSONRPC
import SandboxCore
package import SessionManager

/// The `daemon.*` methods.
package struct DaemonHandlers: Sendable {
    /// What does not change while the daemon runs.
    package struct Facts: Sendable {
        package var version: String
        package var instanceID: String
        package var startedAt: Date
        package var backend: String
        package var isolation: String?
        package var limits: LimitSettings

        package init(
            version: String, instanceID: String, startedAt: Date, backend: String, isolation: String?,
            limits: LimitSettings
        ) {
            self.version = version
            self.instanceID = instanceID
            self.startedAt = startedAt
            self.backend = backend
            self.isolation = isolation
            self.limits = limits
        }
    }

    private let sessions: SessionManager
    private let provider: any SandboxProvider
    private let facts: Facts
    private let report: MetricsReport

    package init(
        sessions: SessionManager, provider: any SandboxProvider, facts: Facts, report: MetricsReport
    ) {
        self.sessions = sessions
        self.provider = provider
        self.facts = facts
        self.report = report
    }

    package func register(in router: inout RPCRouter<ControlCall>) {
        router.on(DaemonStatus.self, status)
        router.on(DaemonMetrics.self, metrics)
        router.on(DaemonDoctor.self, Doctor(sessions: sessions, provider: provider).examine)
    }

    private func metrics(_: NoParams, _ call: ControlCall) -> DaemonMetrics.Result {
        DaemonMetrics.Result(text: report.text)
    }

    private func status(_: DaemonStatus.Params, _ call: ControlCall) async throws(SandboxError) -> DaemonStatus.Result {
        let counts = sessions.counts()
        let byState = [
            "queued": counts.queued, "starting": counts.starting, "ready": counts.ready, "stopping": counts.stopping,
            "failed": counts.failed,
        ]
        return DaemonStatus.Result(
            version: facts.version, apiVersion: DaemonVersion.api, instanceID: facts.instanceID,
            pid: ProcessInfo.processInfo.processIdentifier, startedAt: .init(facts.startedAt), backend: facts.backend,
            isolation: facts.isolation, backendDetails: provider.details.isEmpty ? nil : provider.details,
            sessions: byState, draining: counts.isDraining, pendingDeletions: counts.stopping,
            limits: .init(
                maxSessions: counts.limits.sessions, maxSessionsPerOwner: counts.limits.perOwner,
                maxStarting: counts.limits.starting, maxMessageBytes: facts.limits.maxMessageBytes,
                maxTimeout: facts.limits.maxTimeout.seconds),
            store: await health { () throws(SandboxError) in _ = try await sessions.history(HistoryQuery(limit: 1)) },
            cluster: await health { () throws(SandboxError) in try await provider.probe() })
    }

    /// Asks for real: what answered a minute ago says nothing about now.
    private func health(
        _ probe: () async throws(SandboxError) -> Void
    ) async -> DaemonStatus.Result.Health {
        do throws(SandboxError) {
            try await probe()
            return .init(ok: true, detail: nil)
        } catch {
            return .init(ok: false, detail: error.message)
        }
    }
}
