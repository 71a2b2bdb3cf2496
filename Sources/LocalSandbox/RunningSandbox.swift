import SandboxCore

/// A sandbox whose processes this daemon watches.
struct RunningSandbox: Sendable {
    var record: SandboxRecord
    var processes: SandboxLauncher.Processes

    /// How the sandbox ended; bwrap's own end tells what its child's was, and follows it at once.
    func whenEnded(_ body: @escaping @Sendable (ProcessExit) -> Void) {
        let outer = processes.outer
        processes.initial.whenExited { exit in
            let exit = exit ?? .unknown
            guard exit == .unknown, let outer else { return body(exit) }
            outer.whenExited(within: .seconds(1)) { body($0 ?? .unknown) }
        }
    }
}
