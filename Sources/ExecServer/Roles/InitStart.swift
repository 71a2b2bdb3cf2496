import CPodkeeper
import ProcessSupervisor

/// What `init` starts: this program as `serve`, or somebody else's.
struct InitStart {
    let program: String
    let argv: [String]
    let environment: [[UInt8]]
    /// Held open until the child has it.
    let token: OwnedDescriptor?

    /// Throws `ServerStartError` where `serve` would find no token.
    init(_ args: [String]) throws(ServerStartError) {
        let words = args.first == "--" ? Array(args.dropFirst()) : args
        var environment = ProcessEnvironment.current()
        guard let serveArguments = Self.serveArguments(words) else {
            (program, argv, token) = (words[0], words, nil)
            self.environment = environment.entries
            return
        }
        // The secret leaves the environment before the child gets it: what starts with it in its environment shows it
        // in /proc/PID/environ for a moment.
        let secrets = environment.takeSecrets()
        _ = pk_set_dumpable(false)
        let token = try TokenSource.pipe(holding: try TokenSource.digest(secrets, descriptor: nil))
        program = "/proc/self/exe"
        argv = ["podkeeper-execd", "serve", "--token-fd", String(token.rawValue)] + serveArguments
        self.token = token
        self.environment = environment.entries
    }

    /// Nil for another program's command line.
    private static func serveArguments(_ words: [String]) -> [String]? {
        guard let first = words.first else { return [] }
        if first == "serve" { return Array(words.dropFirst()) }
        return first.hasPrefix("-") ? words : nil
    }
}
