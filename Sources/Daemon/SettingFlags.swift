import ArgumentParser
import Foundation
import Logging

/// The flags that both forms of `podkeeperd` share.
package struct SettingFlags: ParsableArguments {
    @Option(name: .customLong("config"), help: "The configuration file.")
    var configuration: String?

    @Option(help: "Where sandboxes run: local or kubernetes.")
    var backend: DaemonConfiguration.Backend?

    @Option(help: "The Unix socket to serve.")
    var socket: String?

    @Option(help: "The SQLite file that remembers the sessions.")
    var store: String?

    @Option(help: "The kubeconfig file of the cluster.")
    var kubeconfig: String?

    @Option(help: "The kubeconfig's context.")
    var context: String?

    @Option(help: "The namespace of the pods.")
    var namespace: String?

    @Option(help: "trace, debug, info, notice, warning, error or critical.", transform: Self.logLevel)
    var logLevel: Logger.Level?

    @Option(help: "text or json.")
    var logFormat: LogFormat?

    package init() {}

    private static func logLevel(_ text: String) throws -> Logger.Level {
        guard let level = Logger.Level(rawValue: text) else {
            throw ValidationError("must be trace, debug, info, notice, warning, error or critical")
        }
        return level
    }

    private var environment: [String: String] { ProcessInfo.processInfo.environment }

    private var loader: ConfigurationLoader {
        ConfigurationLoader(
            environment: environment, paths: DefaultPaths(uid: geteuid(), environment: environment))
    }

    private var settings: CommandLineSettings {
        var settings = CommandLineSettings()
        settings.configuration = configuration
        settings.backend = backend
        settings.socket = socket
        settings.store = store
        settings.kubeconfig = kubeconfig
        settings.context = context
        settings.namespace = namespace
        settings.logLevel = logLevel
        settings.logFormat = logFormat
        return settings
    }

    /// The file that `load` reads; nil where there is none.
    var source: String? { loader.file(settings) }

    /// Throws `ConfigurationError`.
    func load() throws -> ResolvedConfiguration { try loader.load(settings) }
}

extension DaemonConfiguration.Backend: ExpressibleByArgument {}
extension LogFormat: ExpressibleByArgument {}
