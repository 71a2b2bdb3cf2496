package import SandboxCore
import Synchronization

extension SessionManager {
    /// Rows that could not be read and were set aside at the start.
    package var quarantinedRows: Int { state.withLock { $0.machine.quarantine.rowCount } }

    /// Compares sessions and backend now, and asks the backend about each session that its list lacks. With `fixing` what
    /// can be mended is: no sandbox of a session is ever deleted by that.
    ///
    /// Throws when the backend does not give its list.
    package func diagnose(fixing: Bool) async throws(SandboxError) -> [Diagnosis] {
        let found = try await timeline.bounded(SessionTiming.inventoryLimit) {
            [provider] () async throws(SandboxError) in try await provider.inventory()
        }.get()
        let differences = state.withLock { $0.machine.differences(from: found) }
        var diagnoses: [Diagnosis] = []
        for difference in differences {
            if Task.isCancelled { throw .cancelled }
            if let diagnosis = await examine(difference, fixing: fixing) { diagnoses.append(diagnosis) }
        }
        return diagnoses
    }

    private func examine(_ difference: SessionStateMachine.Difference, fixing: Bool) async -> Diagnosis? {
        let byHand = "look at it, and delete it by hand if nobody needs it"
        switch difference {
        case .unreadable(let found):
            return Diagnosis(
                kind: .unreadableSandbox, sandbox: found.name,
                detail: "it carries this daemon's label, but not whose it is", action: byHand)
        case .quarantined(let found):
            return Diagnosis(
                kind: .quarantinedSandbox, sessionID: found.sessionID, sandbox: found.name,
                detail: "it may belong to a row of the store that could not be read", action: byHand)
        case .orphan(let found):
            let diagnosis = Diagnosis(
                kind: .orphanSandbox, sessionID: found.sessionID, sandbox: found.name,
                detail: "no session knows this sandbox", action: "delete it")
            guard fixing, let nonce = found.nonce else { return diagnosis }
            let target = DiscardTarget(name: found.name, uid: found.uid, nonce: nonce)
            return await fix(diagnosis, SessionTiming.discardLimit) { (provider) async throws(SandboxError) in
                try await provider.discard(target)
            }
        case .missing(let key): return await examineMissing(key, fixing: fixing)
        case .mislabelled(let key, let fault):
            return await relabelling(key, "the sandbox's labels are wrong: \(fault)", fixing)
        }
    }

    private func examineMissing(_ key: SandboxKey, fixing: Bool) async -> Diagnosis? {
        // Ended or died meanwhile: then there is nothing to tell.
        guard let record = record(key), let info = record.sandbox else { return nil }
        let answer: Liveness
        if fixing {
            answer = await liveness(of: key, info)
        } else {
            let result = await timeline.bounded(SessionTiming.livenessLimit) { [provider] in
                await provider.liveness(info)
            }
            do { answer = try result.get() } catch { answer = .unknown(error.message) }
        }
        switch answer {
        case .alive:
            return await relabelling(
                key, "the sandbox lives, but does not carry this daemon's labels: a restart would not find it", fixing)
        case .gone(let reason, let detail):
            return Diagnosis(
                kind: .missingSandbox, sessionID: key.sessionID, sandbox: info.name,
                detail: "the sandbox is gone (\(reason.rawValue)): \(detail)",
                action: "record the session as failed; its next use starts another sandbox", isFixed: fixing)
        case .unknown(let why):
            return Diagnosis(
                kind: .missingSandbox, sessionID: key.sessionID, sandbox: info.name,
                detail: "the backend's list lacks the sandbox, and it does not say what became of it: \(why)",
                action: "nothing, until the backend answers")
        }
    }

    private func relabelling(_ key: SandboxKey, _ detail: String, _ fixing: Bool) async -> Diagnosis? {
        guard let record = record(key), let info = record.sandbox else { return nil }
        let diagnosis = Diagnosis(
            kind: .wrongLabel, sessionID: key.sessionID, sandbox: info.name, detail: detail,
            action: "label it as this session's")
        guard fixing else { return diagnosis }
        let claim = record.claim(startupTimeout: SessionTiming.livenessLimit)
        return await fix(diagnosis, SessionTiming.livenessLimit) { (provider) async throws(SandboxError) in
            try await provider.relabel(claim, info: info)
        }
    }

    private func record(_ key: SandboxKey) -> SessionRecord? { state.withLock { $0.machine.session(key)?.record } }

    private func fix(
        _ diagnosis: Diagnosis, _ limit: Duration,
        _ body: @escaping @Sendable (any SandboxProvider) async throws(SandboxError) -> Void
    ) async -> Diagnosis {
        var diagnosis = diagnosis
        let result = await timeline.bounded(limit) { [provider] () async throws(SandboxError) in
            try await body(provider)
        }
        switch result {
        case .success: diagnosis.isFixed = true
        case .failure(let error): diagnosis.detail += "; that failed: \(error.message)"
        }
        return diagnosis
    }
}
