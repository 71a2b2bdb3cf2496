import ProcessSupervisor

/// What commands inherit: where they start and which variables they see.
struct CommandEnvironment: Sendable {
    let workDirectory: [UInt8]
    private let variables: [[UInt8]]

    init(workDirectory: String, variables: [[UInt8]]) {
        self.workDirectory = Array(workDirectory.utf8)
        // Names that no libc would set either; swift-subprocess refuses them.
        self.variables = variables.filter(ProcessCommand.isValidVariable)
    }

    /// The inherited variables with `changes` over them.
    func merged(with changes: [String: String]) throws(ExecFailure) -> [[UInt8]] {
        for name in changes.keys where name.utf8.contains(UInt8(ascii: "=")) {
            throw .invalid("env name '\(name)' must not contain '='")
        }
        let changed = Set(changes.keys.map { Array($0.utf8) })
        let kept = variables.filter { entry in !changed.contains(Array(entry.prefix { $0 != UInt8(ascii: "=") })) }
        return kept + changes.map { Array("\($0.key)=\($0.value)".utf8) }
    }

    /// A variable that no other run has: whoever carries it is that run's descendant.
    static func newMark() -> [UInt8] {
        Array("PODKEEPER_RUN=\(String(UInt64.random(in: .min ... .max), radix: 16))".utf8)
    }

    /// Absolute.
    func directory(_ path: [UInt8]?) -> [UInt8] {
        guard let path, !path.isEmpty else { return workDirectory }
        return path.first == UInt8(ascii: "/") ? path : workDirectory + [UInt8(ascii: "/")] + path
    }
}
