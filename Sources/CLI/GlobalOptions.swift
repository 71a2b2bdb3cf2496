import ArgumentParser

/// The options of the root, after a command's name; they win over those before it.
struct GlobalOptions: ParsableArguments {
    static let socketHelp = ArgumentHelp(
        """
        The daemon's socket (default: $PODKEEPER_SOCKET, else this user's own, else the system's, \
        \(SocketPath.system)).
        """, valueName: "path")
    static let outputHelp = ArgumentHelp("How to show results.", valueName: "format")

    @Option(help: socketHelp)
    var socket: String?

    @Option(name: [.customShort("o"), .long], help: outputHelp)
    var output: OutputFormat?
}

/// How results are shown.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument { case table, json, yaml, name }
