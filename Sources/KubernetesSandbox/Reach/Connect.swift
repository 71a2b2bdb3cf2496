/// How exec servers in pods are reached, by the operator's choice.
package enum Connect: String, Hashable, Sendable, CaseIterable {
    /// By IP where that works, else by port-forward; found out with the first pod, and again where a way stops working.
    case auto
    case ip
    case portForward = "port_forward"
    case proxy

    /// The one way that it allows.
    var only: Way? {
        switch self {
        case .auto: nil
        case .ip: .ip
        case .portForward: .portForward
        case .proxy: .proxy
        }
    }
}

/// A way to an exec server.
package enum Way: String, Hashable, Sendable {
    /// TCP to the pod's IP.
    case ip
    /// A WebSocket through the API server and the node to the pod's loopback.
    case portForward = "port_forward"
    /// HTTP through the API server to the pod's IP.
    case proxy

    /// What `auto` tries in its place.
    var other: Way { self == .ip ? .portForward : .ip }
}
