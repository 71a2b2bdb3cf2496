import ControlClient
import JSONRPC

/// Any error as a person should read it: what happened, and what to do next.
struct Problem {
    let message: String
    let hint: String?

    init(_ error: any Error) {
        switch error {
        case let error as CLIError:
            (message, hint) = (error.message, error.hint)
        case let error as ControlClientError:
            (message, hint) = (error.message, error.hint)
        case let error as RPCError:
            (message, hint) = (error.message, Self.hint(for: error))
        default:
            (message, hint) = ("\(error)", nil)
        }
    }

    private static func hint(for error: RPCError) -> String? {
        switch error.kind {
        case "session_not_found": "podkeeper list shows the sessions"
        case "sandbox_gone": "podkeeper create starts a new sandbox for the session"
        case "permission_denied": "only the session's owner and operators may do this"
        case "session_limit_exceeded": "end a session with podkeeper kill, or have the limit raised"
        case "start_failed": startDetail(error)
        case "backend_unavailable": "this says nothing about the session; try again"
        case "outcome_unknown": "the command may have run: look before you run it again"
        case "draining":
            "podkeeperd takes no new sessions now: it is being stopped, or an operator has drained it (podkeeper status)"
        case "overloaded": "try again in \(error.data?["retry_after"]?.doubleValue ?? 1) s"
        case "method_not_found":
            "is the name right? An older podkeeperd does not have every method (podkeeper call rpc.discover lists them)"
        default: error.isRetryable ? "try again" : nil
        }
    }

    private static func startDetail(_ error: RPCError) -> String? {
        let parts = ["phase", "reason", "detail"].compactMap { name in
            error.data?[name]?.stringValue.flatMap { $0.isEmpty ? nil : "\(name): \($0)" }
        }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }
}
