import SandboxCore

extension SessionStateMachine {
    /// What the comparison with the backend's list found, for the log.
    enum Difference: Equatable {
        /// Ours by its label, but it does not say of which session: left alone.
        case unreadable(FoundSandbox)
        /// Belongs to a row that was set aside: left alone.
        case quarantined(FoundSandbox)
        /// No row speaks of it: deleted.
        case orphan(FoundSandbox)
        /// A session's sandbox is not in the list: looked into where it is ready.
        case missing(SandboxKey)
        /// A session's sandbox says of itself what is not so: left as it is.
        case mislabelled(SandboxKey, String)
    }

    /// The backend's view was interrupted: both sides are compared again, and what waits for an answer asks again.
    mutating func resync() {
        let waiting = sessions.values.compactMap { session in
            if case .adopting(.waiting) = session.phase { session.record.key } else { nil }
        }
        for key in waiting { retryAdoption(key) }
        requestInventory()
    }

    mutating func requestInventory() {
        guard !inventory.isRunning else {
            inventory.isWantedAgain = true
            return
        }
        inventory.isRunning = true
        emit(.takeInventory)
    }

    mutating func inventoryTaken(
        _ result: Result<[FoundSandbox], SandboxError>, now: SessionMoment
    ) -> [Difference] {
        inventory.isRunning = false
        guard case .success(let found) = result else {
            inventory.failures += 1
            inventory.isWantedAgain = false
            let delay = SessionTiming.inventoryRetry.delay(afterFailures: inventory.failures)
            dues.add(.inventory, at: now.instant.advanced(by: delay))
            return []
        }
        inventory.failures = 0
        let differences = compare(found)
        if inventory.isWantedAgain {
            inventory.isWantedAgain = false
            requestInventory()
        }
        return differences
    }

    private mutating func compare(_ found: [FoundSandbox]) -> [Difference] {
        let differences = differences(from: found)
        for difference in differences {
            switch difference {
            case .orphan(let sandbox):
                orphans[sandbox.uid] = (sandbox, 0)
                discards.enqueue(.orphan(sandbox.uid))
            case .missing(let key): suspect(key)
            case .unreadable, .quarantined, .mislabelled: break
            }
        }
        runDiscards()
        return differences
    }

    /// What the backend's list says that the sessions do not. Orphans that are being deleted already are left out.
    ///
    /// Sound although the list is older than this moment: every sandbox of ours is named by a row, or by a deletion,
    /// from before it is made until it is confirmed gone. What was confirmed since is deleted again, to no effect.
    func differences(from found: [FoundSandbox]) -> [Difference] {
        var nonces: [String: SandboxKey] = [:]
        var uids: [String: SandboxKey] = [:]
        for session in sessions.values {
            nonces[session.record.nonce] = session.record.key
            if let uid = session.record.sandbox?.uid { uids[uid] = session.record.key }
        }
        let dying = Set(deletions.values.lazy.map(\.pending.record.nonce))
        var differences: [Difference] = []
        var living: Set<String> = []
        for sandbox in found {
            let isDying = sandbox.nonce.map(dying.contains) ?? false
            if let key = sandbox.nonce.flatMap({ nonces[$0] }) ?? uids[sandbox.uid] {
                if !sandbox.isTerminating { living.insert(sandbox.uid) }
                if !isDying, let fault = session(key)?.fault(of: sandbox) {
                    differences.append(.mislabelled(key, fault))
                }
            } else if isDying || orphans[sandbox.uid] != nil {
                continue
            } else if sandbox.nonce == nil || sandbox.sessionID == nil {
                differences.append(.unreadable(sandbox))
            } else if quarantine.protects(sandbox) {
                differences.append(.quarantined(sandbox))
            } else {
                differences.append(.orphan(sandbox))
            }
        }
        let missing = sessions.values.compactMap { (session) -> SandboxKey? in
            guard let uid = session.record.sandbox?.uid, !living.contains(uid) else { return nil }
            switch session.phase {
            case .ready, .adopting: return session.record.key
            default: return nil
            }
        }
        return differences + missing.sorted { $0.sessionID < $1.sessionID }.map { .missing($0) }
    }
}

extension Session {
    /// What a sandbox of this session says of itself that is not so; nil where it is right.
    fileprivate func fault(of found: FoundSandbox) -> String? {
        guard case .ready = phase, let sandbox = record.sandbox, sandbox.uid == found.uid else { return nil }
        guard found.nonce == record.nonce else { return "it does not carry its session's nonce" }
        guard found.sessionID == record.sessionID else {
            return "it says that it is of session \(found.sessionID.map { "'\($0)'" } ?? "nobody")"
        }
        guard found.generation == record.generation else {
            return "it says that it is generation \(found.generation.map(String.init) ?? "nothing")"
        }
        return found.fault
    }
}
