import CPodkeeper
import Glibc
import ProcessSupervisor

/// The duties of process 1 (or of a subreaper that is not): one child to look after, signals to pass on, orphans to reap.
struct InitProcess {
    /// From SIGTERM to SIGKILL.
    private static let stopMilliseconds: Int64 = 2000
    /// For killed orphans to be reaped.
    private static let reapMilliseconds: Int64 = 500

    /// All that can be waited for; those that a fault of our own raises keep their default action (signal(7)).
    private static let signals: [Int32] = (1...31).filter {
        ![SIGKILL, SIGSTOP, SIGSEGV, SIGILL, SIGFPE, SIGBUS, SIGTRAP, SIGABRT, SIGSYS].contains($0)
    }

    /// Returns the exit code of what was started.
    func run(_ start: InitStart) throws -> Int32 {
        // Orphans of a sandbox without a PID namespace of its own come to us too.
        if getpid() != 1 { _ = pk_set_child_subreaper(true) }
        _ = pk_signals_block(Self.signals, Self.signals.count)
        let child: pid_t
        do {
            child = try Self.spawn(start)
        } catch {
            StandardError.write("podkeeper-execd: \(error)")
            return error.isNotFound ? 127 : 126
        }
        start.token?.close()
        var deadline: ContinuousClock.Instant?
        while true {
            var received = pk_signal()
            let outcome = pk_signals_wait(Self.signals, Self.signals.count, Self.timeout(deadline), &received)
            if outcome == 0 {
                kill(child, SIGKILL)
                deadline = nil
                continue
            }
            guard outcome > 0 else { continue }
            guard received.signal == SIGCHLD else {
                kill(child, received.signal)
                if received.signal == SIGTERM { deadline = .now + .milliseconds(Self.stopMilliseconds) }
                continue
            }
            if let code = Self.reap(until: child) {
                Self.killOrphans()
                return code
            }
        }
    }

    /// Milliseconds for poll-like calls; -1 without a deadline.
    private static func timeout(_ deadline: ContinuousClock.Instant?) -> Int32 {
        guard let deadline else { return -1 }
        let left = deadline - .now
        return left <= .zero ? 0 : Int32(left / .milliseconds(1)) + 1
    }

    /// Reaps whatever has ended; the exit code once `child` is among it.
    private static func reap(until child: pid_t) -> Int32? {
        var ended = pk_exit()
        while pk_wait_any(true, &ended) > 0 {
            guard ended.pid == child else { continue }
            return ended.code == PK_CLD_EXITED ? ended.status : 128 + ended.status
        }
        return nil
    }

    /// Our own end takes a PID namespace with it (pid_namespaces(7)); without one, what came to us has to be killed.
    private static func killOrphans() {
        guard getpid() != 1 else { return }
        let deadline = ContinuousClock.now + .milliseconds(reapMilliseconds)
        var ended = pk_exit()
        while ContinuousClock.now < deadline {
            for orphan in children() { kill(orphan, SIGKILL) }
            let outcome = pk_wait_any(true, &ended)
            if outcome < 0 { return }
            if outcome == 0 { usleep(2000) }
        }
    }

    /// From /proc/PID/task/TID/children (proc(5)); none where the kernel was built without it.
    private static func children() -> [pid_t] {
        let descriptor = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        let file = OwnedDescriptor(descriptor)
        var bytes = [UInt8](repeating: 0, count: 65536)
        let got = read(file.rawValue, &bytes, bytes.count)
        guard got > 0 else { return [] }
        return bytes.prefix(got).split(separator: UInt8(ascii: " ")).compactMap {
            pid_t(String(decoding: $0, as: UTF8.self))
        }
    }

    private static func spawn(_ start: InitStart) throws(InitSpawnError) -> pid_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The child must get its signals.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let argv: [UnsafeMutablePointer<CChar>?] = start.argv.map { strdup($0) } + [nil]
        let environment: [UnsafeMutablePointer<CChar>?] =
            start.environment.map { entry in
                (entry + [0]).withUnsafeBytes { bytes in
                    bytes.withMemoryRebound(to: CChar.self) { $0.baseAddress.flatMap { strdup($0) } }
                }
            } + [nil]
        defer { for text in argv + environment { free(text) } }
        var child: pid_t = 0
        let failure = posix_spawnp(&child, start.program, nil, &attributes, argv, environment)
        guard failure == 0 else { throw InitSpawnError(program: start.argv[0], errno: failure) }
        return child
    }
}

/// Why the first program of a sandbox does not run.
struct InitSpawnError: Error, CustomStringConvertible {
    let program: String
    let errno: Int32

    var isNotFound: Bool { errno == ENOENT }
    var description: String { "cannot start '\(program)': \(ProcessError.text(errno))" }
}
