/// Where the daemon's socket is.
enum SocketPath {
    /// The option, else `PODKEEPER_SOCKET`, else the place where a podkeeperd of this user puts it.
    static func resolve(option: String?, environment: [String: String], uid: UInt32) throws(CLIError) -> String {
        if let option { return option }
        if let path = environment["PODKEEPER_SOCKET"], !path.isEmpty { return path }
        if uid == 0 { return "/run/podkeeper/podkeeper.sock" }
        if let directory = environment["XDG_RUNTIME_DIR"], !directory.isEmpty {
            return directory + "/podkeeper/podkeeper.sock"
        }
        throw CLIError(
            "it is not known where podkeeperd's socket is: XDG_RUNTIME_DIR is not set",
            hint: "name it with --socket or PODKEEPER_SOCKET")
    }
}
