import ControlServer
import SandboxCore

/// One line of an error for a person at a terminal.
enum ErrorText {
    static func line(_ error: any Error) -> String {
        let text =
            switch error {
            case let error as SandboxError: error.message
            case let error as ControlServerError: error.message
            default: "\(error)"
            }
        return text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
