import ArgumentParser

/// The command line of podkeeper-execd.
struct ExecdCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "podkeeper-execd",
        abstract: "Runs commands and serves files in a sandbox.",
        version: ServerVersion.current,
        subcommands: [ServeCommand.self, InitCommand.self, InstallCommand.self])

    init() {}
}
