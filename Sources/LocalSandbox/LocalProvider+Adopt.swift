import ExecClient
import Logging
package import SandboxCore
package import SessionManager
import Synchronization

extension LocalProvider {
    package func adopt(_ claim: SandboxClaim, info: SandboxInfo) async -> Adoption {
        do {
            let name = info.name
            switch try await work.run({ [self] () throws(SandboxError) in try standing(name, uid: info.uid) }) {
            case .gone(let reason, let detail): return .gone(reason, detail: detail)
            case .unknown(let why): return .unknown(.backendUnavailable(why))
            case .running(let running):
                guard running.record.nonce == claim.nonce else {
                    return .unknown(.backendUnavailable("sandbox \(name) carries another nonce than the store has"))
                }
                try layout.pinSocket(name)
                let connection = connection(name, token: claim.token)
                let server = try await connection.info()
                // The daemon before this one may have died between the claim and this.
                try await relabel(claim, info: info)
                track(running)
                let sandbox = ExecSandbox(connection: connection, workDirectory: server.workDirectory)
                return .adopted(
                    StartedSandbox(info: self.info(running.record, server.workDirectory), sandbox: sandbox))
            }
        } catch {
            return .unknown(error)
        }
    }

    package func liveness(_ info: SandboxInfo) async -> Liveness {
        do {
            switch try await work.run({ [self] () throws(SandboxError) in try standing(info.name, uid: info.uid) }) {
            case .running: return .alive
            case .gone(let reason, let detail): return .gone(reason, detail: detail)
            case .unknown(let why): return .unknown(why)
            }
        } catch {
            return .unknown(error.message)
        }
    }

    package func inventory() async throws(SandboxError) -> [FoundSandbox] {
        try await work.run { [self] () throws(SandboxError) in
            try DirectoryListing.names(layout.sandboxes).filter { !$0.hasPrefix(".") }.sorted().compactMap(found)
        }
    }

    /// Nil for what belongs to another daemon or has gone in the meantime.
    private func found(_ name: String) -> FoundSandbox? {
        switch RecordFile.read(layout.record(name)) {
        case .record(let record) where record.instance == settings.instance && record.name == name:
            return FoundSandbox(
                name: name, uid: record.uid, nonce: record.nonce, sessionID: try? SessionID(stored: record.sessionID),
                generation: record.generation,
                isTerminating: state.withLock { $0.discarding.contains(record.uid) })
        case .record: return nil
        case .missing where !DirectoryListing.exists(layout.directory(name)): return nil
        case .missing:
            return FoundSandbox(
                name: name, uid: "", nonce: nil, sessionID: nil, generation: nil, isTerminating: false)
        case .unreadable(let why):
            logger.error("the record of a local sandbox cannot be read", metadata: ["error": "\(why)"])
            return FoundSandbox(
                name: name, uid: "", nonce: nil, sessionID: nil, generation: nil, isTerminating: false)
        }
    }

    /// What the state directory and the process table say of a sandbox.
    private enum Standing: Sendable {
        case running(RunningSandbox)
        case gone(GoneReason, EndDetail)
        case unknown(String)
    }

    private func standing(_ name: String, uid: String) throws(SandboxError) -> Standing {
        try StateLayout.check(name: name)
        switch RecordFile.read(layout.record(name)) {
        case .missing: return .gone(.deleted, "its directory is gone")
        case .unreadable(let why): return .unknown("the sandbox's record cannot be read: \(why)")
        case .record(let record):
            guard record.uid == uid else { return .gone(.deleted, "another sandbox has taken its name") }
            guard record.bootID == ProcFile.bootID else { return .gone(.nodeLost, "the host was restarted") }
            if let running = state.withLock({ $0.running[uid] }), running.processes.initial.exit == nil {
                return .running(running)
            }
            if let running = try Self.watch(record) { return .running(running) }
            return .gone(.failed, "its podkeeper-execd ended: \(launcher.logTail(name))")
        }
    }

    /// Nil when the sandbox's process is gone, or was never noted.
    static func watch(_ record: SandboxRecord) throws(SandboxError) -> RunningSandbox? {
        guard record.bootID == ProcFile.bootID, let identity = record.process,
            let initial = try WatchedProcess(identity, isChild: false)
        else { return nil }
        return RunningSandbox(record: record, processes: SandboxLauncher.Processes(initial: initial))
    }

    /// From now on, the end of the sandbox is reported. Once per sandbox.
    func track(_ running: RunningSandbox) {
        let record = running.record
        let isNew = state.withLock { state in
            guard state.running[record.uid] == nil else { return false }
            state.running[record.uid] = running
            return true
        }
        guard isNew else { return }
        running.whenEnded { [weak self] exit in self?.ended(record, exit) }
    }

    private func ended(_ record: SandboxRecord, _ exit: ProcessExit) {
        let isNews = state.withLock { state in
            let isKnown = state.running.removeValue(forKey: record.uid) != nil
            return isKnown && !state.discarding.contains(record.uid)
        }
        guard isNews else { return }
        let tail = launcher.logTail(record.name)
        report(
            .gone(
                name: record.name, uid: record.uid, .failed,
                detail: EndDetail(
                    "podkeeper-execd \(exit)" + (tail.isEmpty ? "" : ": \(tail)"), exitCode: exit.code)))
    }

    func connection(_ name: String, token: String) -> ExecConnection {
        ExecConnection(http: http, unixSocket: layout.pinnedSocket(name), token: token)
    }

    func info(_ record: SandboxRecord, _ workDirectory: String) -> SandboxInfo {
        SandboxInfo(
            name: record.name, uid: record.uid, pid: record.process?.pid, workDirectory: workDirectory)
    }
}
