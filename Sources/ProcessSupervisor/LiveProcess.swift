import CPodkeeper
import Glibc

/// A process that has not been reaped, as far as signals and its terminal go.
struct LiveProcess: Sendable {
    let leader: pid_t
    /// Nil without a terminal.
    let terminal: OwnedDescriptor?

    func signal(_ signal: Int32) {
        var group = leader
        if let terminal {
            let foreground = pk_terminal_foreground(terminal.rawValue)
            // 0 and 1 are no group of a terminal; kill(2) would take them for our own group, and for everybody.
            if foreground > 1 { group = foreground }
        }
        _ = kill(-group, signal)
    }

    func resize(to size: ProcessTerminalSize) {
        guard let terminal else { return }
        _ = pk_terminal_resize(terminal.rawValue, size.columns, size.rows)
    }
}
