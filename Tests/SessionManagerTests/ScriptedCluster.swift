import SandboxCore
import SessionManager
import Synchronization

/// A cluster in memory that outlives the daemons talking to it, and is slow, mute or failing on demand.
final class ScriptedCluster: Sendable {
    struct Box: Hashable, Sendable {
        var claim: SandboxClaim
        var uid: String
    }

    struct Script: Sendable {
        /// Starts wait here before (or after) the sandbox is made, until let on or cancelled.
        var holdsStartsBeforeCreation = false
        var holdsStartsAfterCreation = false
        var startError: SandboxError?
        var discardError: SandboxError?
        var relabelError: SandboxError?
        /// The API server does not answer: adoption, liveness and inventory know nothing.
        var isMute = false
        /// The exec servers are from before there were background runs.
        var knowsNoRuns = false
        /// The sandboxes tell when a background run has ended, and need not be asked.
        var tellsEnds = false
        /// What `execute` throws.
        var executeError: SandboxError?
    }

    struct State: Sendable {
        var script = Script()
        var boxes: [String: Box] = [:]
        var foreign: [FoundSandbox] = []
        /// Sandboxes whose labels were changed so that no list has them, until they are labelled anew.
        var unlisted: Set<String> = []
        var starts: [SandboxKey] = []
        var discards: [DiscardTarget] = []
        var failedDiscards = 0
        var failedRelabels = 0
        var adoptions = 0
        var livenessChecks = 0
        var startsWaiting = 0
        /// Background runs by their sandbox's uid.
        var runs: [String: Set<String>] = [:]
        var runChecks = 0
        var nextUID = 0
    }

    private struct Watched {
        var state = State()
        var watchers: [Int: (@Sendable (State) -> Bool, CheckedContinuation<Void, Never>)] = [:]
        var nextWatcher = 0
    }

    private let watched = Mutex(Watched())

    var state: State { watched.withLock(\.state) }

    /// Changes something and wakes whoever waited for that.
    @discardableResult
    func change<Answer: Sendable>(_ body: (inout State) throws -> Answer) rethrows -> Answer {
        let (answer, woken) = try watched.withLock { watched in
            let answer = try body(&watched.state)
            let ready = watched.watchers.filter { $0.value.0(watched.state) }
            for id in ready.keys { watched.watchers[id] = nil }
            return (answer, ready.values.map(\.1))
        }
        for continuation in woken { continuation.resume() }
        return answer
    }

    func script(_ body: (inout Script) -> Void) { change { body(&$0.script) } }

    /// Returns when the condition holds, or the task is cancelled.
    func wait(until condition: @escaping @Sendable (State) -> Bool) async {
        let id = watched.withLock { watched in
            watched.nextWatcher += 1
            return watched.nextWatcher
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDone = watched.withLock { watched in
                    if Task.isCancelled || condition(watched.state) { return true }
                    watched.watchers[id] = (condition, continuation)
                    return false
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            let watcher = watched.withLock { $0.watchers.removeValue(forKey: id) }
            watcher?.1.resume()
        }
    }

    func uid(of name: String) -> String? { state.boxes[name]?.uid }
}
