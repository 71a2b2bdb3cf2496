import ArgumentParser

/// The root of the command line.
struct PodkeeperCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "podkeeper",
        abstract: "Looks after the sessions that podkeeperd keeps.",
        discussion: """
            Results go to standard output: a table for people, or with -o json, yaml or name what scripts read. The \
            members of json and yaml are those of the API, and name prints one id a line; both only ever get more. \
            Errors and remarks go to standard error. There is colour on a terminal, and none with NO_COLOR.

            Exit codes: 0 when all went well; 1 for an error, something that is wrong (status, doctor), or a session \
            that could not be ended (kill); 2 for arguments that make no sense. exec and shell exit with the code of \
            what they ran: 128 and the number of a signal that ended it, 124 when its time was over.
            """,
        version: "0.1.0",
        subcommands: [
            ListCommand.self, GetCommand.self, CreateCommand.self, UpdateCommand.self, KillCommand.self,
            ExecCommand.self, ShellCommand.self, CopyCommand.self, ExplainCommand.self, EventsCommand.self,
            HistoryCommand.self, ReapCommand.self, TopCommand.self, StatusCommand.self, DoctorCommand.self,
            DrainCommand.self, ProfilesCommand.self, CallCommand.self, CompletionCommand.self,
        ])

    // Not a GlobalOptions group: a command's own group would take over the values of one in its parent, and what is
    // said after the command's name would be lost.
    @Option(help: GlobalOptions.socketHelp)
    var socket: String?

    @Option(name: [.customShort("o"), .long], help: GlobalOptions.outputHelp)
    var output: OutputFormat?
}
