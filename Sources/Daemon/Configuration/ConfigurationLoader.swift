import Foundation
package import Logging

/// What the command line said; nil where it said nothing.
package struct CommandLineSettings: Sendable {
    package var configuration: String?
    package var backend: DaemonConfiguration.Backend?
    package var socket: String?
    package var store: String?
    package var kubeconfig: String?
    package var context: String?
    package var namespace: String?
    package var logLevel: Logger.Level?
    package var logFormat: LogFormat?

    package init() {}
}

/// Flags override the environment, which overrides the file.
package struct ConfigurationLoader: Sendable {
    private let environment: [String: String]
    private let paths: DefaultPaths

    package init(environment: [String: String], paths: DefaultPaths) {
        self.environment = environment
        self.paths = paths
    }

    /// The file that is read: the named one, else the default one where it exists.
    package func file(_ flags: CommandLineSettings) -> String? {
        if let named = flags.configuration ?? variable("PODKEEPER_CONFIG") { return named }
        return FileManager.default.fileExists(atPath: paths.configuration) ? paths.configuration : nil
    }

    /// Throws `ConfigurationError`.
    package func load(_ flags: CommandLineSettings) throws -> ResolvedConfiguration {
        var configuration = DaemonConfiguration()
        if let file = file(flags) {
            configuration = try DaemonConfiguration(yaml: try read(file), file: file)
        }
        configuration.backend = try flags.backend ?? choice("PODKEEPER_BACKEND") ?? configuration.backend
        configuration.socket = flags.socket ?? variable("PODKEEPER_SOCKET") ?? configuration.socket
        configuration.store = flags.store ?? variable("PODKEEPER_STORE") ?? configuration.store
        var kubernetes = configuration.kubernetes
        kubernetes.kubeconfig = flags.kubeconfig ?? variable("PODKEEPER_KUBECONFIG") ?? kubernetes.kubeconfig
        kubernetes.context = flags.context ?? variable("PODKEEPER_CONTEXT") ?? kubernetes.context
        kubernetes.namespace = flags.namespace ?? variable("PODKEEPER_NAMESPACE") ?? kubernetes.namespace
        configuration.kubernetes = kubernetes
        configuration.log.level = try flags.logLevel ?? choice("PODKEEPER_LOG_LEVEL") ?? configuration.log.level
        configuration.log.format = try flags.logFormat ?? choice("PODKEEPER_LOG_FORMAT") ?? configuration.log.format
        configuration.local.execd = variable("PODKEEPER_EXECD") ?? configuration.local.execd
        return ResolvedConfiguration(configuration, paths: paths, isInCluster: isInCluster)
    }

    private func read(_ file: String) throws -> String {
        guard access(file, R_OK) == 0 else {
            throw ConfigurationError(file: file, line: nil, "cannot be read: \(String(cString: strerror(errno)))")
        }
        guard let data = FileManager.default.contents(atPath: file) else {
            throw ConfigurationError(file: file, line: nil, "cannot be read; is it a file?")
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw ConfigurationError(file: file, line: nil, "is not UTF-8 text")
        }
        return text
    }

    /// Whether this process runs in a pod: the same test as every Kubernetes client's.
    private var isInCluster: Bool {
        variable("KUBERNETES_SERVICE_HOST") != nil && variable("KUBERNETES_SERVICE_PORT") != nil
            && FileManager.default.fileExists(atPath: "/var/run/secrets/kubernetes.io/serviceaccount/token")
    }

    private func variable(_ name: String) -> String? {
        guard let value = environment[name], !value.isEmpty else { return nil }
        return value
    }

    private func choice<Value: RawRepresentable & CaseIterable>(
        _ name: String
    ) throws -> Value? where Value.RawValue == String {
        guard let text = variable(name) else { return nil }
        guard let value = Value(rawValue: text) else {
            let choices = Value.allCases.map(\.rawValue).joined(separator: ", ")
            throw ConfigurationError("\(name) is '\(text)', but must be one of: \(choices)")
        }
        return value
    }
}
