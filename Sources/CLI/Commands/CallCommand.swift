import ArgumentParser
import ControlClient
import Foundation
import JSONRPC
import Synchronization

/// Any method of the API, as it is on the wire.
struct CallCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "call",
        abstract: "Calls a method of the API and shows its result, as JSON unless -o yaml is given.",
        discussion: #"""
            Notifications that come before the result, such as a stream's output, are printed as they come: each is one \
            line of JSON, {"jsonrpc": "2.0", "method": …, "params": …}, and with -o yaml a document. The result is the \
            last JSON value, or document. What comes after it, such as the events of events.subscribe, is not waited \
            for: podkeeper events -f.
            Example: podkeeper call sandbox.read '{"session_id": "user-42", "path": "notes.txt"}'
            """#)

    @ParentCommand var root: PodkeeperCommand
    @OptionGroup var options: GlobalOptions

    @Argument(help: "The method's name, such as session.list.")
    var method: String

    @Argument(help: "Its params, a JSON object.", transform: Self.object)
    var params = JSONValue.object([:])

    func run(_ context: CommandContext) async throws -> Int32 {
        let format: OutputFormat = context.renderer.format == .yaml ? .yaml : .json
        let isFollowing = Mutex(false)
        let result = try await context.client.call(method: method, params: params) { notification in
            isFollowing.withLock { $0 = true }
            try context.terminal.writeOutput(Array((format == .yaml ? "--- " : "").utf8) + notification.line)
        }
        if format == .yaml, isFollowing.withLock({ $0 }) { try context.terminal.writeOutput(Array("---\n".utf8)) }
        try Renderer(format: format, terminal: context.terminal).show(result, names: []) { "" }
        return 0
    }

    private static func object(_ text: String) throws -> JSONValue {
        guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)), value.objectValue != nil
        else { throw ValidationError("the params must be a JSON object, such as '{\"session_id\": \"user-42\"}'") }
        return value
    }
}
