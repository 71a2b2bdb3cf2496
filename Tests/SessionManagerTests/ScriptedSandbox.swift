import SandboxCore

/// Answers `execute` with its own uid and keeps runs; the manager uses nothing else of a sandbox.
struct ScriptedSandbox: Sandbox {
    let cluster: ScriptedCluster
    let box: ScriptedCluster.Box

    var workDirectory: String { "/workspace" }

    func execute(_ command: String, timeout: Duration) async throws(SandboxError) -> ExecuteResult {
        if let error = cluster.state.script.executeError { throw error }
        return ExecuteResult(output: box.uid, exitCode: 0)
    }

    /// The run goes on until the test ends it.
    func start(_ request: RunRequest) async throws(SandboxError) -> Bool {
        cluster.change { $0.runs[box.uid, default: []].insert(request.runID).inserted }
    }

    func waitForEnd(of runID: String, within time: Duration) async throws(SandboxError) {
        guard cluster.state.script.tellsEnds else { throw unused }
        await cluster.wait { !$0.runs[box.uid, default: []].contains(runID) }
    }

    func runs() async throws(SandboxError) -> [RunStatus] {
        let state = cluster.change { state in
            state.runChecks += 1
            return state
        }
        if state.script.isMute { throw .backendUnavailable("no answer") }
        if state.script.knowsNoRuns { throw SandboxError(.internal, "another version") }
        return state.runs[box.uid, default: []].map { id in
            RunStatus(
                runID: id, argv: ["make"], outcome: nil, startedAt: 0, produced: OutputOffsets(), kept: OutputOffsets())
        }
    }

    private var unused: SandboxError { .invalid("not part of this test") }

    func run(
        _ request: RunRequest, onOutput: @Sendable (OutputChunk) async throws(SandboxError) -> Void
    ) async throws(SandboxError) -> RunEnd { throw unused }
    func readLines(_ path: SandboxPath, offset: Int, limit: Int) async throws(SandboxError) -> LineSlice {
        throw unused
    }
    func readBytes(_ path: SandboxPath, offset: Int64, length: Int) async throws(SandboxError) -> ByteSlice {
        throw unused
    }
    func write(_ path: SandboxPath, contents: [UInt8], mode: UInt32?) async throws(SandboxError) -> Int { throw unused }
    func edit(
        _ path: SandboxPath, replacing old: [UInt8], with new: [UInt8], replacesAll: Bool
    ) async throws(SandboxError) -> Int { throw unused }
    func list(_ path: SandboxPath) async throws(SandboxError) -> FileListing { throw unused }
    func glob(_ pattern: String, root: SearchRoot) async throws(SandboxError) -> FileListing { throw unused }
    func grep(_ query: GrepQuery) async throws(SandboxError) -> GrepResult { throw unused }
    func exists(_ path: SandboxPath) async throws(SandboxError) -> Bool { throw unused }
}
