import ArgumentParser
import ControlClient

/// A command that talks to the daemon.
protocol ClientCommand: ParsableCommand {
    var root: PodkeeperCommand { get }
    var options: GlobalOptions { get }

    /// What the command takes from standard input, read before anything is asked of the daemon.
    func readInput(_ terminal: Terminal) throws -> [UInt8]

    /// What the command does when there is no daemon to talk to. Throws the error unless it has an answer to that.
    func run(without daemon: ControlClientError, at path: String, _ output: Renderer) throws -> Int32

    /// Returns the exit code. What it throws is reported, with exit code 1.
    func run(_ context: CommandContext) async throws -> Int32
}

extension ClientCommand {
    func readInput(_ terminal: Terminal) throws -> [UInt8] { [] }

    func run(without daemon: ControlClientError, at path: String, _ output: Renderer) throws -> Int32 { throw daemon }
}

/// What a command works with.
struct CommandContext: Sendable {
    /// How long the daemon may take for what it answers from memory.
    static let answerTimeout: Duration = .seconds(60)

    let client: ControlClient
    /// Where the client is connected to.
    let socket: String
    let input: [UInt8]
    let renderer: Renderer
    let terminal: Terminal
}
