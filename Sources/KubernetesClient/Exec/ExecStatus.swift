/// How a command of `exec` ended, in the cluster's own word.
package enum ExecStatus: Hashable, Sendable {
    /// 0…255.
    case exited(code: Int)
    /// It never ran, or the way to it broke on the server's side.
    case failed(ExecFailure)
}

/// Why a command of `exec` has no exit code.
package struct ExecFailure: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// The image has no such program; a shell would say 127.
        case programNotFound
        /// The program may not be executed, or is no program; a shell would say 126.
        case notExecutable
        /// The container is not there: not started yet, or ended. Nothing ran.
        case containerNotRunning
        /// The node does not answer. Nothing ran.
        case nodeUnreachable
        case other
    }

    package var kind: Kind
    package var message: String
    package var reason: String
    package var code: Int?

    package init(kind: Kind, message: String, reason: String = "", code: Int? = nil) {
        self.kind = kind
        self.message = message
        self.reason = reason
        self.code = code
    }

    /// Classified by the texts of kubelet and container runtimes, which have no codes for this.
    init(message: String, reason: String, code: Int?) {
        self.init(kind: Self.kind(of: message), message: message.withoutControls, reason: reason, code: code)
    }

    static func kind(of message: String) -> Kind {
        func says(_ words: String...) -> Bool { words.contains { message.contains($0) } }
        if says("executable file not found") { return .programNotFound }
        if says(
            "container not found", "cannot exec in a stopped", "container is not running", "is not created or running")
        {
            return .containerNotRunning
        }
        if says("error dialing backend") { return .nodeUnreachable }
        if says("permission denied", "exec format error") { return .notExecutable }
        if says("OCI runtime exec failed", "failed to exec in container"), says("no such file or directory") {
            return .programNotFound
        }
        return .other
    }
}

/// Collects channel 3, on which the server says how the command ended, perhaps in several messages.
struct ExecStatusCollector {
    static let maximumBytes = 65_536

    private var bytes: [UInt8] = []

    var isEmpty: Bool { bytes.isEmpty }

    /// - Returns: the status as soon as its JSON is complete.
    /// - Throws: `outcomeUnknown` for a status that does not say how the command ended.
    mutating func append(_ more: [UInt8], operation: String) throws(KubernetesError) -> ExecStatus? {
        guard bytes.count + more.count <= Self.maximumBytes else {
            throw KubernetesError(.outcomeUnknown, "\(operation): the status is longer than \(Self.maximumBytes) bytes")
        }
        bytes += more
        guard let status = StatusObject.parse(bytes, isNamed: false) else { return nil }
        return try Self.interpret(status, operation: operation)
    }

    private static func interpret(_ status: StatusObject, operation: String) throws(KubernetesError) -> ExecStatus {
        if status.status == "Success" { return .exited(code: 0) }
        guard status.status == "Failure" else {
            throw KubernetesError(.outcomeUnknown, "\(operation): the server sent the status \"\(status.status)\"")
        }
        guard status.reason == "NonZeroExitCode" else {
            return .failed(ExecFailure(message: status.message, reason: status.reason, code: status.code))
        }
        let cause = status.causes.first { $0.reason == "ExitCode" }
        guard let code = cause.flatMap({ Int($0.message) }), (0...255).contains(code) else {
            throw KubernetesError(
                .outcomeUnknown, "\(operation): the command failed, but the server did not say its exit code")
        }
        return .exited(code: code)
    }
}
