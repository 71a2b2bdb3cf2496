import Synchronization

@testable import SandboxCore

enum ShellReplyProbe {
    static func script(tools: String) -> String { ShellScript(tools: tools).text }

    static func check(_ result: ShellResult, _ path: SandboxPath) throws(SandboxError) {
        try ShellReply(result).requireOK(path)
    }
}

final class Counter: Sendable {
    private let value = Mutex(0)

    /// 1 at first.
    func next() -> Int {
        value.withLock { value in
            value += 1
            return value
        }
    }
}
