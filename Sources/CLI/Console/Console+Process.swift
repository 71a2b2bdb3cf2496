import ControlAPI
import Glibc
import Synchronization
import UnixSignals

extension Console {
    /// This process's own.
    package static let process = Console(
        isInputTerminal: isatty(STDIN_FILENO) == 1, isOutputTerminal: isatty(STDOUT_FILENO) == 1,
        isErrorTerminal: isatty(STDERR_FILENO) == 1, size: windowSize, makeRaw: makeInputRaw, signals: trapSignals)

    private static func windowSize() -> WindowSize? {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
        return WindowSize(columns: Int(size.ws_col), rows: Int(size.ws_row))
    }

    private static func makeInputRaw() throws -> @Sendable () -> Void {
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else { throw failure() }
        let original = Mutex<termios?>(settings)
        cfmakeraw(&settings)
        guard tcsetattr(STDIN_FILENO, TCSADRAIN, &settings) == 0 else { throw failure() }
        return {
            guard var settings = original.withLock({ $0.take() }) else { return }
            // Fails only for a terminal that is gone.
            tcsetattr(STDIN_FILENO, TCSADRAIN, &settings)
        }
    }

    private static func failure() -> CLIError {
        CLIError("the terminal cannot be used: \(String(cString: strerror(errno)))")
    }

    private static func trapSignals() async -> AsyncStream<ConsoleSignal> {
        let signals = await UnixSignalsSequence(trapping: .sigwinch, .sigterm, .sighup, .sigint)
        let (stream, sink) = AsyncStream.makeStream(of: ConsoleSignal.self, bufferingPolicy: .bufferingNewest(16))
        // Lives as long as somebody listens.
        let forwarding = Task {
            for await signal in signals {
                sink.yield(signal == .sigwinch ? .resized : .ended(signal.rawValue))
            }
            sink.finish()
        }
        sink.onTermination = { _ in forwarding.cancel() }
        return stream
    }
}
