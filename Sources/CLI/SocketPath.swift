/// Where the daemon's socket is.
enum SocketPath {
    /// Where a podkeeperd that runs as a service of the host puts it.
    static let system = "/run/podkeeper/podkeeper.sock"

    /// The option, else `PODKEEPER_SOCKET`, else the place where a podkeeperd of this user puts it, or where there is
    /// none but one of the system, that one's.
    static func resolve(
        option: String?, environment: [String: String], uid: UInt32, exists: (String) -> Bool
    ) throws(CLIError) -> String {
        if let option { return option }
        if let path = environment["PODKEEPER_SOCKET"], !path.isEmpty { return path }
        if uid == 0 { return system }
        if let directory = environment["XDG_RUNTIME_DIR"], !directory.isEmpty {
            let own = directory + "/podkeeper/podkeeper.sock"
            return exists(own) || !exists(system) ? own : system
        }
        if exists(system) { return system }
        throw CLIError(
            "it is not known where podkeeperd's socket is: XDG_RUNTIME_DIR is not set",
            hint: "name it with --socket or PODKEEPER_SOCKET")
    }
}
