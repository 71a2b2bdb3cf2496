import CPodkeeper

/// How a process ended, as far as it is ours to know: only a parent is told.
enum ProcessExit: Hashable, Sendable, CustomStringConvertible {
    case exited(Int32)
    case signalled(Int32)
    case unknown

    init(_ exit: pk_exit) {
        self = exit.code == PK_CLD_EXITED ? .exited(exit.status) : .signalled(exit.status)
    }

    /// As a shell has it: 128 + n for a signal.
    var code: Int? {
        switch self {
        case .exited(let status): Int(status)
        case .signalled(let signal): 128 + Int(signal)
        case .unknown: nil
        }
    }

    var description: String {
        switch self {
        case .exited(let status): "exited with status \(status)"
        case .signalled(let signal): "was killed by signal \(signal)"
        case .unknown: "ended"
        }
    }
}
