import ExecClient
import Failpoints
import FoundationEssentials
import Glibc
import Logging
package import SandboxCore
package import SessionManager

extension LocalProvider {
    /// What `start` waits between two looks at a server that does not answer yet.
    private static let readyPauses: [Duration] = [2, 2, 5, 5, 10, 20, 50].map { .milliseconds($0) }
    private static let infoTimeout = Duration.seconds(5)

    package func start(_ claim: SandboxClaim) async throws(SandboxError) -> StartedSandbox {
        let begun = ContinuousClock.now
        try StateLayout.check(name: claim.sandboxName)
        do {
            let running = try await take(claim, begun)
            let sandbox = try await ready(running, claim, begun)
            track(running)
            return StartedSandbox(info: info(running.record, sandbox.workDirectory), sandbox: sandbox)
        } catch {
            do {
                try await discard(DiscardTarget(name: claim.sandboxName, uid: nil, nonce: claim.nonce))
            } catch let leftover {
                logger.error(
                    "a local sandbox that failed to start is not removed yet",
                    metadata: ["sandbox": "\(claim.sandboxName)", "error": "\(leftover)"])
            }
            throw error
        }
    }

    /// The sandbox of this very claim: one that runs already, or a new one.
    private func take(
        _ claim: SandboxClaim, _ begun: ContinuousClock.Instant
    ) async throws(SandboxError) -> RunningSandbox {
        let path = layout.record(claim.sandboxName)
        switch try await work.run({ () throws(SandboxError) in RecordFile.read(path) }) {
        case .missing: break
        case .unreadable(let why):
            throw failed(.create, "unreadable_record", "\(why): look at it and remove its directory", begun)
        case .record(let record):
            guard record.nonce == claim.nonce else {
                throw failed(.create, "name_taken", "another sandbox has the name \(claim.sandboxName)", begun)
            }
            if let running = try await work.run({ () throws(SandboxError) in try Self.watch(record) }) {
                return running
            }
            // It ended, or the daemon died before it had noted the process: nobody has had it yet.
            try await discard(DiscardTarget(name: record.name, uid: record.uid, nonce: record.nonce))
        }
        do {
            return try await work.run { [self] () throws(SandboxError) in try create(claim) }
        } catch {
            if case .invalid = error.kind { throw error }
            throw failed(.create, "failed", error.message, begun)
        }
    }

    private func create(_ claim: SandboxClaim) throws(SandboxError) -> RunningSandbox {
        let name = claim.sandboxName
        var record = SandboxRecord(
            name: name, uid: UUID().uuidString.lowercased(), nonce: claim.nonce, instance: settings.instance,
            sessionID: claim.sessionID.rawValue, generation: claim.generation, isolation: launcher.isolation,
            bootID: ProcFile.bootID, createdAt: Date.now.ISO8601Format(), process: nil)
        let environment = try SandboxEnvironment.make(
            claimed: (settings.profileEnvironments[claim.profile] ?? [:]).merging(claim.environment) { $1 },
            token: claim.token, uid: record.uid, home: launcher.workDirectory(name),
            path: launcher.path)
        // A directory of that name has a record from its first moment on.
        let new = LeftoverDirectory.path(layout, name)
        try StateLayout.makeDirectory(new)
        try StateLayout.makeDirectory("\(new)/workspace")
        try RecordFile.write(record, to: "\(new)/record.json")
        Failpoint.reach("local_before_directory")
        guard rename(new, layout.directory(name)) == 0 else {
            throw SandboxError(.internal, "cannot make '\(layout.directory(name))': \(SystemError.current)")
        }
        try DirectoryRemoval.remove(layout.pinnedSocket(name))
        try DirectoryRemoval.remove(layout.socketDirectory(name))
        try StateLayout.makeDirectory(layout.socketDirectory(name))
        Failpoint.reach("local_before_launch")
        let processes = try launcher.launch(name, environment: environment)
        Failpoint.reach("local_after_launch")
        record.process = processes.initial.identity
        try RecordFile.write(record, to: layout.record(name))
        Failpoint.reach("local_after_record")
        return RunningSandbox(record: record, processes: processes)
    }

    /// Waits until the server answers and accepts the token.
    private func ready(
        _ running: RunningSandbox, _ claim: SandboxClaim, _ begun: ContinuousClock.Instant
    ) async throws(SandboxError) -> ExecSandbox {
        let name = running.record.name
        let connection = connection(name, token: claim.token)
        var complaint = "nothing listens at its socket yet"
        var attempt = 0
        while ContinuousClock.now - begun < claim.startupTimeout {
            guard running.processes.initial.exit == nil else {
                let exit = await running.processes.outer?.waitForExit(.seconds(1)) ?? running.processes.initial.exit
                let how = exit ?? .unknown
                throw failed(.start, "exited", "podkeeper-execd \(how): \(launcher.logTail(name))", begun)
            }
            if access(layout.socket(name), F_OK) == 0 {
                do {
                    try layout.pinSocket(name)
                    let left = claim.startupTimeout - (ContinuousClock.now - begun)
                    let server = try await connection.info(timeout: max(.milliseconds(1), min(left, Self.infoTimeout)))
                    return ExecSandbox(connection: connection, workDirectory: server.workDirectory)
                } catch {
                    guard case .backendUnavailable = error.kind else { throw error }
                    complaint = error.message
                }
            }
            do {
                try await Task.sleep(for: Self.readyPauses[min(attempt, Self.readyPauses.count - 1)])
            } catch {
                throw .cancelled
            }
            attempt += 1
        }
        throw failed(.ready, "timeout", "\(complaint); \(launcher.logTail(name))", begun)
    }

    private func failed(
        _ phase: SandboxError.StartPhase, _ reason: String, _ detail: String, _ begun: ContinuousClock.Instant
    ) -> SandboxError {
        let elapsed = (ContinuousClock.now - begun) / .seconds(1)
        return SandboxError(
            .startFailed(phase: phase, reason: reason, detail: detail, elapsed: elapsed),
            "the sandbox did not start (\(phase.rawValue), \(reason)): \(detail)")
    }
}
