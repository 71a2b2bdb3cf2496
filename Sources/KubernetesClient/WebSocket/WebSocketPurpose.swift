/// What a WebSocket is opened for.
enum WebSocketPurpose: Sendable {
    case exec
    case portForward

    /// The subprotocols offered, the preferred one first.
    var protocols: [String] {
        switch self {
        case .exec: ExecProtocol.allCases.map(\.rawValue)
        case .portForward: ["v4.channel.k8s.io"]
        }
    }

    /// The subresource as RBAC names it.
    var resource: String {
        switch self {
        case .exec: "pods/exec"
        case .portForward: "pods/portforward"
        }
    }

    /// What an upgrade with an unknown end may have caused; ends a sentence.
    var lossNote: String {
        switch self {
        case .exec: "; the command may have run"
        // The stream may be open on the other side; nothing has gone through it.
        case .portForward: ""
        }
    }
}
