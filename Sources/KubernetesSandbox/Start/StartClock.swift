import KubernetesClient
import SandboxCore

/// A clock for each stage of a start. Pure: whoever uses it brings the time since the start began.
///
/// `create` lasts until the API server has the pod, `schedule` until it has a node, `start` until its container runs,
/// `ready` until the sandbox answers. A status does not tell pulling an image from making its containers; the node's
/// events do, so `pull` is taken out of `start` once they are known.
struct StartClock: Hashable, Sendable, CustomStringConvertible {
    typealias Stage = SandboxError.StartPhase

    private(set) var stage = Stage.create
    private var since = Duration.zero
    private var spent: [Stage: Duration] = [:]

    mutating func enter(_ next: Stage, at now: Duration) {
        guard next != stage else { return }
        end(at: now)
        stage = next
    }

    /// The stage that it is in lasts until now.
    mutating func end(at now: Duration) {
        spent[stage, default: .zero] += now - since
        since = now
    }

    /// The stage that this status shows, if it is another one.
    mutating func note(_ pod: Pod, container: String, at now: Duration) {
        let isRunning = pod.containerStatuses.contains { $0.name == container && $0.state == .running }
        enter(isRunning ? .ready : pod.nodeName.isEmpty ? .schedule : .start, at: now)
    }

    /// What the node's events say of its pulls, which took place while `start` lasted.
    mutating func note(_ pulls: PullTimes) {
        guard let all = spent[.start] else { return }
        spent[.pull] = min(pulls.duration, all)
        spent[.start] = all - min(pulls.duration, all)
    }

    func spent(in stage: Stage) -> Duration { spent[stage, default: .zero] }

    /// Seconds, to the millisecond, by stage; those that were never reached are missing.
    var timing: [String: Double] {
        Dictionary(
            uniqueKeysWithValues: spent.map { stage, spent in
                (stage.rawValue, (spent / .milliseconds(1)).rounded() / 1000)
            })
    }

    /// For logs: `create 0.012, schedule 0.03, …` in the order of the stages.
    var description: String {
        let timing = timing
        return [Stage.create, .schedule, .pull, .start, .ready]
            .compactMap { stage in timing[stage.rawValue].map { "\(stage.rawValue) \($0)" } }
            .joined(separator: ", ")
    }
}
