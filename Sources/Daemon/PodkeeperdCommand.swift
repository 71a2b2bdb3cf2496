package import ArgumentParser
import Foundation
import Logging
import Synchronization

/// `podkeeperd`: the daemon's command line.
package struct PodkeeperdCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "podkeeperd",
        abstract: "Keeps a sandbox for every session: a Kubernetes pod, or a bubblewrap sandbox on this host.",
        discussion: """
            Flags override the environment (PODKEEPER_SOCKET, PODKEEPER_STORE, PODKEEPER_BACKEND, …), which overrides \
            the configuration file. Exit codes: 0 after an orderly stop, 1 for an error, 2 for wrong usage.
            """,
        version: DaemonVersion.current,
        subcommands: [CheckConfigCommand.self, ConfigSchemaCommand.self])

    @OptionGroup var flags: SettingFlags

    package init() {}

    package func run() async throws {
        let configuration = try flags.load()
        let log = configuration.settings.log
        LineLogHandler.level.withLock { $0 = log.level }
        LoggingSystem.bootstrap { label in LineLogHandler(label: label, format: log.format) }
        let manager = try ServiceManager(environment: ProcessInfo.processInfo.environment)
        ServiceManager.forgetVariables()
        try await Composition.run(configuration, manager: manager, reload: flags.load)
    }

    /// Parses and runs, and turns every failure into one line on standard error and an exit code.
    package static func runAndExit() async -> Never {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            Foundation.exit(0)
        } catch {
            let code = exitCode(for: error)
            if code == .success || code == .validationFailure || error is ExitCode || error is CleanExit {
                let text = fullMessage(for: error)
                if !text.isEmpty { FileHandle(forWriting: code).write(line: text) }
                // ArgumentParser's own code for wrong usage is sysexits' 64; ours is 2, as most tools have it.
                Foundation.exit(code == .validationFailure ? 2 : code.rawValue)
            }
            FileHandle.standardError.write(line: "podkeeperd: \(ErrorText.line(error))")
            Foundation.exit(1)
        }
    }
}

/// `podkeeperd check-config`: reads the configuration as the daemon would, and starts nothing.
package struct CheckConfigCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "check-config", abstract: "Checks the configuration and starts nothing.")

    @OptionGroup var flags: SettingFlags

    package init() {}

    package func run() async throws {
        let configuration = try flags.load()
        try Composition.check(configuration)
        print(
            "\(flags.source ?? "the defaults"): ok (backend \(configuration.backend.rawValue), socket \(configuration.socket))"
        )
    }
}

/// `podkeeperd config-schema`: for editors, and for whoever checks a configuration without a daemon.
package struct ConfigSchemaCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "config-schema", abstract: "Prints the JSON Schema of the configuration file.")

    package init() {}

    package func run() throws { print(try ConfigurationSchema.text(), terminator: "") }
}

extension FileHandle {
    fileprivate convenience init(forWriting code: ExitCode) {
        self.init(fileDescriptor: code == .success ? STDOUT_FILENO : STDERR_FILENO, closeOnDealloc: false)
    }

    fileprivate func write(line: String) {
        try? write(contentsOf: Data((line + "\n").utf8))
    }
}
