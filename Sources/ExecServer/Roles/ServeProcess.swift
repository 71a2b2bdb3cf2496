import CPodkeeper
import Dispatch
import Glibc
import Synchronization

/// The process that serves: its main thread waits for signals, the others do the work.
struct ServeProcess {
    /// Returns after SIGTERM or SIGINT. Throws what kept the server from starting, or ended it.
    func run(_ settings: ServeSettings, tokenDescriptor: Int32?) throws {
        var environment = ProcessEnvironment.current()
        // Before anything can read it: from here on /proc/self/environ shows no secret.
        let secrets = environment.takeSecrets()
        // Commands run as our own user: this keeps them out of our memory (ptrace(2), /proc/PID/mem).
        _ = pk_set_dumpable(false)
        // Without its init nobody would reap, and nobody would end us. That one has a single thread (prctl(2)).
        if tokenDescriptor != nil { _ = pk_set_parent_death_signal(SIGTERM) }
        let server = ExecServer(
            ServerConfiguration(
                listener: try settings.listener(environment), workDirectory: try settings.absoluteWorkDirectory(),
                token: try TokenSource.digest(secrets, descriptor: tokenDescriptor), environment: environment.entries))
        try serveUntilSignalled(server)
    }

    private func serveUntilSignalled(_ server: ExecServer) throws {
        let signals = try StopSignals()
        let (stops, stop) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let result = Outcome()
        // The way from this thread into Swift's own; waited for below.
        Task {
            do {
                try await server.run { address in
                    StandardError.write("podkeeper-execd \(ServerVersion.current) listens on \(address)")
                } until: {
                    for await _ in stops { return }
                }
            } catch {
                result.failure.withLock { $0 = error }
            }
            result.ended.signal()
            // Ends the wait below where the server has ended by itself.
            StopSignals.raise()
        }
        signals.wait()
        stop.yield()
        result.ended.wait()
        if let failure = result.failure.withLock({ $0 }) { throw failure }
    }

    private final class Outcome: Sendable {
        let ended = DispatchSemaphore(value: 0)
        let failure = Mutex<(any Error)?>(nil)
    }
}
