import ArgumentParser

/// `init`: the first process of a sandbox.
struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Starts `serve` (or another command), passes signals on to it and reaps every orphan.",
        discussion: """
            ARGS are those of `serve`, with or without that word, or a command line of another program. Ends with the \
            exit code of what it started, 128 and the signal's number if that was killed; two seconds after SIGTERM \
            everything is killed.
            """)

    @Argument(parsing: .captureForPassthrough, help: "What to start.")
    var args: [String] = []

    init() {}

    func run() throws {
        let start: InitStart
        do {
            start = try InitStart(args)
        } catch {
            StandardError.write("podkeeper-execd: \(error)")
            throw ExitCode.failure
        }
        throw ExitCode(try InitProcess().run(start))
    }
}
