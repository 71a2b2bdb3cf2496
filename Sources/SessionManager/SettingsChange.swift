/// `session.update`: what is set here replaces what the session has.
package struct SettingsChange: Hashable, Sendable {
    package var idleTimeout: Duration?
    package var maxLifetime: Duration?
    package var labels: [String: String]?

    package init(idleTimeout: Duration? = nil, maxLifetime: Duration? = nil, labels: [String: String]? = nil) {
        self.idleTimeout = idleTimeout
        self.maxLifetime = maxLifetime
        self.labels = labels
    }
}
