import SandboxCore

/// How long each stage of a start took. Every session has one for as long as it lives: a dictionary would be ten times
/// as large.
struct StageTimes: Hashable, Sendable {
    private static let unmeasured = UInt32.max

    /// Milliseconds.
    private var schedule = unmeasured
    private var pull = unmeasured
    private var create = unmeasured
    private var start = unmeasured
    private var ready = unmeasured

    /// By the names of `SandboxError.StartPhase`; other names are left out.
    init(seconds: [String: Double]) {
        for (name, value) in seconds {
            guard let stage = SandboxError.StartPhase(rawValue: name) else { continue }
            self[keyPath: Self.member(stage)] =
                UInt32(
                    exactly: (min(max(value, 0), 4_000_000) * 1000).rounded()) ?? Self.unmeasured
        }
    }

    var seconds: [String: Double] {
        var seconds: [String: Double] = [:]
        for stage in [SandboxError.StartPhase.schedule, .pull, .create, .start, .ready] {
            let milliseconds = self[keyPath: Self.member(stage)]
            if milliseconds != Self.unmeasured { seconds[stage.rawValue] = Double(milliseconds) / 1000 }
        }
        return seconds
    }

    private static func member(_ stage: SandboxError.StartPhase) -> WritableKeyPath<Self, UInt32> {
        switch stage {
        case .schedule: \.schedule
        case .pull: \.pull
        case .create: \.create
        case .start: \.start
        case .ready: \.ready
        }
    }
}
