import SandboxCore

/// What unreadable rows still say: their sandboxes are left alone.
struct Quarantine {
    private var sessionIDs: Set<String> = []
    private var names: Set<String> = []
    private var nonces: Set<String> = []
    /// A row said nothing at all, so any sandbox might be its own.
    private var protectsEverything = false

    private(set) var rowCount = 0

    mutating func add(_ row: StoredSessions.Quarantined) {
        rowCount += 1
        if let id = row.sessionID { sessionIDs.insert(id) }
        if let name = row.sandboxName { names.insert(name) }
        if let nonce = row.nonce { nonces.insert(nonce) }
        if row.sandboxName == nil, row.nonce == nil { protectsEverything = true }
    }

    func protects(_ found: FoundSandbox) -> Bool {
        if protectsEverything || names.contains(found.name) { return true }
        if let nonce = found.nonce, nonces.contains(nonce) { return true }
        return found.sessionID.map { sessionIDs.contains($0.rawValue) } ?? false
    }
}
