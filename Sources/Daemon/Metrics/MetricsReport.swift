import ControlServer
import Foundation
import KubernetesSandbox
import Metrics
package import SessionManager
import Synchronization

/// Everything that `daemon.metrics` and the HTTP endpoint tell.
package final class MetricsReport: Sendable {
    let instruments: Instruments
    let startedAt = Date()
    private let sessions: SessionManager
    private let provider: any SandboxProvider
    // The server's own handlers hold this report.
    private let server = Mutex<WeakServer>(WeakServer())

    private struct WeakServer { weak var value: ControlServer? }

    package init(instruments: Instruments, sessions: SessionManager, provider: any SandboxProvider) {
        self.instruments = instruments
        self.sessions = sessions
        self.provider = provider
    }

    /// From now on the report says how much this server has to do.
    func watch(_ server: ControlServer) { self.server.withLock { $0.value = server } }

    var text: String { PrometheusText.render(families) }

    private var families: [MetricFamily] {
        let build = MetricFamily.Sample(
            labels: [.init("backend", sessions.backend), .init("version", DaemonVersion.current)], value: 1)
        return [MetricFamily("podkeeper_build_info", .gauge, "What runs: always 1.", samples: [build])]
            + sessionFamilies(sessions.counts()) + poolFamilies(sessions.pools())
            + socketFamilies(server.withLock { $0.value }?.occupancy ?? ControlServerOccupancy())
            + instruments.families + ((provider as? KubernetesProvider).map(ClusterMetrics.families) ?? [])
            + ProcessMetrics.families(startedAt: startedAt)
    }

    private func sessionFamilies(_ counts: SessionCounts) -> [MetricFamily] {
        // Every reason from the start, so that a rate over the first of its kind is not lost.
        var ended = Dictionary(uniqueKeysWithValues: EndReason.allCases.map { ($0.rawValue, 0) })
        for (reason, count) in counts.ended { ended[reason.rawValue] = count }
        return [
            MetricFamily(
                "podkeeper_sessions", .gauge, "Sessions, by state.", by: "state",
                [
                    "queued": counts.queued, "starting": counts.starting, "ready": counts.ready,
                    "stopping": counts.stopping,
                    "failed": counts.failed,
                ]),
            MetricFamily(
                "podkeeper_sessions_held", .gauge, "Sessions that count against the limit.", Double(counts.held)),
            MetricFamily(
                "podkeeper_sessions_limit", .gauge, "The most sessions there may be.", Double(counts.limits.sessions)),
            MetricFamily(
                "podkeeper_sessions_ended_total", .counter, "Sessions that have ended, by reason.", by: "reason",
                ended),
            MetricFamily(
                "podkeeper_leases", .gauge, "Operations that run and keep their sessions.", Double(counts.leases)),
            MetricFamily(
                "podkeeper_queue_length", .gauge, "What waits for its turn, by queue.", by: "queue",
                [
                    "adoptions": counts.queuedAdoptions, "callers": counts.waiting,
                    "deletions": counts.queuedDeletions,
                ]),
            MetricFamily(
                "podkeeper_orphans", .gauge, "Sandboxes without a session that are not deleted yet.",
                Double(counts.orphans)),
        ]
    }

    private func poolFamilies(_ pools: [PoolStatus]) -> [MetricFamily] {
        func samples(_ state: String, _ count: (PoolStatus) -> Int) -> [MetricFamily.Sample] {
            pools.map {
                .init(labels: [.init("profile", $0.profile), .init("state", state)], value: Double(count($0)))
            }
        }
        return [
            MetricFamily(
                "podkeeper_pool_sandboxes", .gauge,
                "Unclaimed sandboxes of warm pools; target is how many there shall be.",
                samples: samples("ready", \.ready) + samples("starting", \.starting) + samples("target", \.target)),
            MetricFamily(
                "podkeeper_pool_claims_total", .counter, "Sandboxes that sessions took from warm pools.",
                by: "profile", Dictionary(uniqueKeysWithValues: pools.map { ($0.profile, $0.claimed) })),
        ]
    }

    private func socketFamilies(_ occupancy: ControlServerOccupancy) -> [MetricFamily] {
        [
            MetricFamily(
                "podkeeper_connections", .gauge, "Open connections of the control socket.",
                Double(occupancy.connections)),
            MetricFamily("podkeeper_rpc_calls", .gauge, "Calls that are running.", Double(occupancy.calls)),
            MetricFamily(
                "podkeeper_uploads", .gauge, "Uploads and downloads that are under way.", Double(occupancy.tasks)),
        ]
    }
}
