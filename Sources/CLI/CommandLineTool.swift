import ArgumentParser
import ControlClient

/// The program `podkeeper`.
package enum CommandLineTool {
    /// Parses the arguments (without the program's name), runs the command and returns the exit code: 0 when all went
    /// well, 1 for an error, 2 for arguments that make no sense, and for `exec` the code of what it ran.
    package static func run(_ arguments: [String], terminal: Terminal) async -> Int32 {
        var parsed: any ParsableCommand
        do {
            parsed = try PodkeeperCommand.parseAsRoot(arguments)
            if let completion = parsed as? CompletionCommand { return terminal.print(completion.script) ? 0 : 1 }
            // What is none of ours is a request for help: its `run` throws the text.
            if !(parsed is any ClientCommand) { try parsed.run() }
        } catch {
            return report(parsing: error, to: terminal)
        }
        guard let command = parsed as? any ClientCommand else { return 0 }
        do {
            return try await run(command, terminal)
        } catch {
            return report(error, to: terminal)
        }
    }

    private static func run(_ command: any ClientCommand, _ terminal: Terminal) async throws -> Int32 {
        let socket = command.options.socket ?? command.root.socket
        let format = command.options.output ?? command.root.output ?? .table
        let path = try SocketPath.resolve(
            option: socket, environment: terminal.environment, uid: terminal.uid, exists: terminal.exists)
        let input = try command.readInput(terminal)
        let renderer = Renderer(format: format, terminal: terminal)
        let client: ControlClient
        do {
            client = try await ControlClient.connect(path: path)
        } catch let error as ControlClientError {
            return try command.run(without: error, at: path, renderer)
        }
        let context = CommandContext(
            client: client, socket: path, input: input, renderer: renderer, terminal: terminal)
        do {
            let code = try await command.run(context)
            await client.close()
            return code
        } catch {
            await client.close()
            throw error
        }
    }

    /// Help and version go to stdout, everything else is wrong usage.
    private static func report(parsing error: any Error, to terminal: Terminal) -> Int32 {
        let text = PodkeeperCommand.fullMessage(for: error)
        guard !PodkeeperCommand.exitCode(for: error).isSuccess else {
            return terminal.print(text) ? 0 : 1
        }
        terminal.complain(text)
        return 2
    }

    private static func report(_ error: any Error, to terminal: Terminal) -> Int32 {
        let problem = Problem(error)
        terminal.complain("podkeeper: \(Printable.text(problem.message))")
        if let hint = problem.hint { terminal.complain("hint: \(Printable.text(hint))") }
        return 1
    }
}
