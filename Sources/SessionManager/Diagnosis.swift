package import SandboxCore

/// One thing in which sessions and backend disagree.
package struct Diagnosis: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
        /// A sandbox of ours that no session knows.
        case orphanSandbox = "orphan_sandbox"
        /// A session whose sandbox is gone.
        case missingSandbox = "missing_sandbox"
        /// A session's sandbox that does not say whose it is.
        case wrongLabel = "wrong_label"
        /// A sandbox that carries this daemon's label but not whose it is.
        case unreadableSandbox = "unreadable_sandbox"
        /// A sandbox that may belong to a row that was set aside.
        case quarantinedSandbox = "quarantined_sandbox"
    }

    package var kind: Kind
    package var sessionID: SessionID?
    package var sandbox: String
    /// One sentence.
    package var detail: String
    /// What mends it, or has mended it, or what is to be done by hand.
    package var action: String
    package var isFixed = false
}
