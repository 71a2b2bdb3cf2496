import CPodkeeper
import Glibc
import Logging

/// What whoever started this process (systemd, or one that does as it does) has handed over by the environment, and the
/// way to tell it how the process is (sd_listen_fds(3), sd_notify(3), sd_watchdog_enabled(3)).
struct ServiceManager: Sendable {
    /// The listening socket to serve on; nil: none was passed.
    let listener: Int32?
    /// How often it wants to hear that the process lives; nil: never.
    let watchdog: Duration?
    private let notifySocket: String?

    /// The first descriptor that is passed (SD_LISTEN_FDS_START).
    private static let firstDescriptor: Int32 = 3
    private static let variables = [
        "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID",
    ]

    /// Throws `ConfigurationError` for more sockets than one.
    init(environment: [String: String], pid: Int32 = getpid()) throws {
        notifySocket = environment["NOTIFY_SOCKET"].flatMap { $0.isEmpty ? nil : $0 }
        // Variables for another process have only been inherited by this one.
        func isMeant(_ name: String) -> Bool { environment[name].map { $0 == "\(pid)" } ?? true }
        let interval = environment["WATCHDOG_USEC"].flatMap { Int64($0) }.flatMap { $0 > 0 ? $0 : nil }
        watchdog = isMeant("WATCHDOG_PID") ? interval.map { .microseconds($0) } : nil
        guard environment["LISTEN_PID"] != nil, isMeant("LISTEN_PID"),
            let count = environment["LISTEN_FDS"].flatMap({ Int($0) }), count > 0
        else {
            listener = nil
            return
        }
        guard count == 1 else {
            throw ConfigurationError(
                "\(count) sockets were passed (LISTEN_FDS), but podkeeperd serves one: name one ListenStream=")
        }
        listener = Self.firstDescriptor
    }

    /// Takes the variables out of the process's environment: no child of ours is to answer in our place.
    static func forgetVariables() { for name in variables { unsetenv(name) } }

    /// Tells a state, such as `READY=1`. Nothing happens where nobody wants to know.
    func notify(_ state: String, _ logger: Logger) {
        guard let notifySocket else { return }
        let result = state.withCString { pk_unix_send(notifySocket, $0, strlen($0)) }
        guard result < 0 else { return }
        logger.warning(
            "the service manager was not told",
            metadata: ["state": "\(state)", "error": "\(String(cString: strerror(-result)))"])
    }

    /// With `RELOADING=1`, which is to say since when.
    static var reloading: String {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return "RELOADING=1\nMONOTONIC_USEC=\(Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)"
    }
}
