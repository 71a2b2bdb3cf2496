/// Bounds on what one peer can ask of the daemon.
package struct LimitSettings: Hashable, Sendable {
    /// Bytes of one message in either direction.
    package var maxMessageBytes = 16 * 1024 * 1024
    /// Requests of one connection that run at the same time.
    package var maxInFlight = 256
    package var maxConnections = 16_384
    /// Of one user of the host.
    package var maxConnectionsPerUser = 12_288
    /// Longer timeouts are cut to this.
    package var maxTimeout: Duration = .seconds(24 * 3600)
    /// How long running calls may go on after SIGTERM.
    package var shutdownGrace: Duration = .seconds(10)

    package init() {}
}

extension LimitSettings {
    init(_ section: inout YAMLSection) throws {
        self.init()
        maxMessageBytes = try section.integer("max_message_bytes", in: 65_536...1_073_741_824) ?? maxMessageBytes
        maxInFlight = try section.integer("max_in_flight", in: 1...65_536) ?? maxInFlight
        maxConnections = try section.integer("max_connections", in: 1...1_000_000) ?? maxConnections
        maxConnectionsPerUser =
            try section.integer("max_connections_per_user", in: 1...1_000_000) ?? maxConnectionsPerUser
        maxTimeout = try section.duration("max_timeout") ?? maxTimeout
        shutdownGrace = try section.duration("shutdown_grace") ?? shutdownGrace
        try section.finish()
    }
}
