import SandboxCore
import SessionManager

/// One daemon's connection to a `ScriptedCluster`. Stands for a backend whose answers come late, never, or as errors;
/// for everything that succeeds the real backends have tests of their own.
final class ScriptedProvider: SandboxProvider {
    let cluster: ScriptedCluster
    let events: AsyncStream<SandboxEvent>
    private let sink: AsyncStream<SandboxEvent>.Continuation
    private let shape: String

    init(_ cluster: ScriptedCluster, shape: String = "a") {
        self.cluster = cluster
        self.shape = shape
        (events, sink) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(100))
    }

    var backend: String { "scripted" }
    var isolation: String? { nil }

    func send(_ event: SandboxEvent) { sink.yield(event) }

    func sandboxName(sessionID: SessionID, generation: Int) -> String { "box-\(sessionID)-\(generation)" }

    func start(_ claim: SandboxClaim) async throws(SandboxError) -> StartedSandbox {
        cluster.change { state in
            state.starts.append(SandboxKey(claim.sessionID, claim.generation))
            state.startsWaiting += 1
        }
        defer { cluster.change { $0.startsWaiting -= 1 } }
        await cluster.wait { !$0.script.holdsStartsBeforeCreation }
        if Task.isCancelled { throw .cancelled }
        if let error = cluster.state.script.startError { throw error }
        let box = cluster.change { state in
            // Repeatable, as the port asks: the sandbox of the claim's own nonce is taken up again.
            if let box = state.boxes[claim.sandboxName], box.claim.nonce == claim.nonce { return box }
            state.nextUID += 1
            let box = ScriptedCluster.Box(claim: claim, uid: "uid-\(state.nextUID)")
            state.boxes[claim.sandboxName] = box
            return box
        }
        await cluster.wait { !$0.script.holdsStartsAfterCreation }
        if Task.isCancelled { throw .cancelled }
        return StartedSandbox(info: box.info, sandbox: ScriptedSandbox(cluster: cluster, box: box))
    }

    func adopt(_ claim: SandboxClaim, info: SandboxInfo) async -> Adoption {
        cluster.change { $0.adoptions += 1 }
        let state = cluster.state
        if state.script.isMute { return .unknown(.backendUnavailable("no answer")) }
        guard let box = state.boxes[claim.sandboxName], box.uid == info.uid else {
            return .gone(.deleted, detail: "not found")
        }
        return .adopted(StartedSandbox(info: box.info, sandbox: ScriptedSandbox(cluster: cluster, box: box)))
    }

    func discard(_ target: DiscardTarget) async throws(SandboxError) {
        let error = cluster.change { state -> SandboxError? in
            state.discards.append(target)
            if let error = state.script.discardError {
                state.failedDiscards += 1
                return error
            }
            let box = state.boxes[target.name]
            if box?.claim.nonce == target.nonce, target.uid == nil || box?.uid == target.uid {
                state.boxes[target.name] = nil
            }
            state.foreign.removeAll { $0.uid == target.uid && $0.nonce == target.nonce }
            return nil
        }
        if let error { throw error }
    }

    func inventory() async throws(SandboxError) -> [FoundSandbox] {
        let state = cluster.state
        if state.script.isMute { throw .backendUnavailable("no answer") }
        let own = state.boxes.values.filter { !state.unlisted.contains($0.claim.sandboxName) }.map { box in
            FoundSandbox(
                name: box.claim.sandboxName, uid: box.uid, nonce: box.claim.nonce, sessionID: box.claim.sessionID,
                generation: box.claim.generation, isTerminating: false)
        }
        return own + state.foreign
    }

    func liveness(_ info: SandboxInfo) async -> Liveness {
        cluster.change { $0.livenessChecks += 1 }
        let state = cluster.state
        if state.script.isMute { return .unknown("no answer") }
        return state.boxes[info.name]?.uid == info.uid ? .alive : .gone(.deleted, detail: "not found")
    }

    func relabel(_ claim: SandboxClaim, info: SandboxInfo) async throws(SandboxError) {
        let error = cluster.change { state -> SandboxError? in
            if let error = state.script.relabelError {
                state.failedRelabels += 1
                return error
            }
            guard state.boxes[info.name]?.uid == info.uid else { return nil }
            state.unlisted.remove(info.name)
            state.boxes[info.name]?.claim.sessionID = claim.sessionID
            state.boxes[info.name]?.claim.generation = claim.generation
            state.boxes[info.name]?.claim.labels = claim.labels
            return nil
        }
        if let error { throw error }
    }

    func shape(ofProfile profile: String) -> String { shape }

    func check(labels: [String: String], environment: [String: String]) throws(SandboxError) {}

    func run() async throws {}
}

extension ScriptedCluster.Box {
    var info: SandboxInfo { SandboxInfo(name: claim.sandboxName, uid: uid, workDirectory: "/workspace") }
}
