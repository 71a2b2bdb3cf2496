import JSONRPC
import Metrics
import SandboxCore
import SessionManager

/// What is counted and measured when it happens; everything else is read when somebody asks (`MetricsReport`).
package struct Instruments: Sendable {
    // From an operation of the local backend to a command that runs for an hour.
    private static let operationBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 5, 30, 120, 600, 3600]
    // From a start on the local backend to an image of gigabytes.
    private static let startBounds = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]
    private static let commitBounds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 5]

    private let calls = PairCounter(
        "podkeeper_rpc_calls_total", "Calls of the control API that have ended, by method and error kind.",
        by: ("method", "code"))
    private let operations = Histogram(
        "podkeeper_operation_duration_seconds",
        "Time that operations in sandboxes took, commands among them, with the wait for a session that is starting.",
        by: "operation", bounds: operationBounds)
    private let starts = Histogram(
        "podkeeper_start_duration_seconds",
        "Time that the stages of successful starts took; the stage total is the whole of it.", by: "stage",
        bounds: startBounds)
    private let startFailures = PairCounter(
        "podkeeper_start_failures_total", "Starts that failed, by profile and the stage they got to.",
        by: ("profile", "stage"))
    private let commits = Histogram(
        "podkeeper_store_commit_duration_seconds",
        "Time that the store's transactions took; those of sync full survive a power cut.", by: "sync",
        bounds: commitBounds)

    package init() {}

    /// What counts the calls of a method as they end; nil: of all that there are not.
    func callEnded(_ method: String?) -> @Sendable (RPCError?) -> Void {
        guard let method else { return { calls.count("unknown", $0?.kind ?? "unknown") } }
        let ok = calls.cell(method, "ok")
        return { error in
            if let error { calls.count(method, error.kind ?? "unknown") } else { ok.count() }
        }
    }

    func operationEnded(_ name: String, _ took: Duration) { operations.observe(took / .seconds(1), name) }

    func committed(_ took: Duration, _ isDurable: Bool) {
        commits.observe(took / .seconds(1), isDurable ? "full" : "normal")
    }

    func startEnded(_ outcome: StartOutcome) {
        switch outcome.result {
        case .success(let info):
            starts.observe(outcome.took / .seconds(1), "total")
            for (stage, seconds) in info.timing ?? [:] { starts.observe(seconds, stage) }
        case .failure(let error):
            let stage: String
            if case .startFailed(let phase, _, _, _) = error.kind { stage = phase.rawValue } else { stage = "unknown" }
            startFailures.count(outcome.profile, stage)
        }
    }

    var families: [MetricFamily] {
        [calls.family, operations.family, starts.family, startFailures.family, commits.family]
    }
}
