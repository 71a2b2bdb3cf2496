import Synchronization

/// What the tunnels to one port of one pod know of each other.
final class PortHistory: Sendable {
    private let answering = Atomic(false)

    /// Whether somebody listened on the port when it was last tried.
    var isAnswering: Bool {
        get { answering.load(ordering: .relaxed) }
        set { answering.store(newValue, ordering: .relaxed) }
    }
}
