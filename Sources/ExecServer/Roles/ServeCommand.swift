import ArgumentParser

/// `serve`: the HTTP server.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serves commands and files over HTTP.",
        discussion: """
            The environment holds the token that clients must show: SANDBOX_EXEC_TOKEN, or the 64 hexadecimal digits of \
            its SHA-256 in SANDBOX_EXEC_TOKEN_SHA256. Commands do not get to see either.
            """)

    @Option(help: "Listen on a Unix socket of this path, mode 0600, in place of a port.")
    var socket: String?

    @Option(help: "Listen on this port. (default: SANDBOX_PORT, else 8080)")
    var port: Int?

    @Option(help: "Listen on this address. (default: all)")
    var host: String?

    @Option(help: "Where relative paths start. (default: the current directory)")
    var workDir: String?

    @Option(help: .hidden)
    var tokenFD: Int32?

    func run() throws {
        let settings = ServeSettings(socket: socket, host: host, port: port, workDirectory: workDir)
        do {
            try ServeProcess().run(settings, tokenDescriptor: tokenFD)
        } catch {
            StandardError.write("podkeeper-execd: \(error)")
            throw ExitCode.failure
        }
    }
}
