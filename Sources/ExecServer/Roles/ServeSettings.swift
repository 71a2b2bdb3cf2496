import Glibc
import ProcessSupervisor

/// What `serve` was told, with its defaults.
struct ServeSettings {
    static let defaultPort = 8080

    let socket: String?
    let host: String?
    let port: Int?
    let workDirectory: String?

    func listener(_ environment: ProcessEnvironment) throws(ServerStartError) -> ServerConfiguration.Listener {
        if let socket {
            guard port == nil, host == nil else { throw ServerStartError("--socket goes without --port and --host") }
            return .unix(path: socket)
        }
        if let port { return .tcp(host: host, port: try Self.checked(port, "--port \(port)")) }
        guard let text = environment["SANDBOX_PORT"] else { return .tcp(host: host, port: Self.defaultPort) }
        return .tcp(host: host, port: try Self.checked(Int(text), "SANDBOX_PORT '\(text)'"))
    }

    func absoluteWorkDirectory() throws(ServerStartError) -> String {
        let path = workDirectory ?? "."
        guard let resolved = realpath(path, nil) else {
            throw ServerStartError("work directory '\(path)': \(ProcessError.text(errno))")
        }
        defer { free(resolved) }
        var status = stat()
        guard stat(resolved, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw ServerStartError("work directory '\(path)' is not a directory")
        }
        return String(cString: resolved)
    }

    private static func checked(_ port: Int?, _ source: String) throws(ServerStartError) -> Int {
        guard let port, (0...65535).contains(port) else {
            throw ServerStartError("\(source) is not a port: it must be a number from 0 to 65535")
        }
        return port
    }
}
