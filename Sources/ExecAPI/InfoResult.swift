/// The answer of `ExecRoute.info`.
package struct InfoResult: Hashable, Sendable, Codable {
    package var version: String
    /// Random per start of the server: another value means that it was restarted and knows no earlier run.
    package var instance: String
    package var pid: Int32
    package var workDirectory: String

    private enum CodingKeys: String, CodingKey {
        case version, instance, pid
        case workDirectory = "work_dir"
    }

    package init(version: String, instance: String, pid: Int32, workDirectory: String) {
        self.version = version
        self.instance = instance
        self.pid = pid
        self.workDirectory = workDirectory
    }
}

/// The answer of `ExecRoute.health`.
package struct HealthResult: Hashable, Sendable, Codable {
    package var ready: Bool

    package init(ready: Bool) {
        self.ready = ready
    }
}
