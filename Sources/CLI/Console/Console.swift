package import ControlAPI

/// The keyboard and screen of a program whose standard streams are a terminal, as far as they are.
package struct Console: Sendable {
    package var isInputTerminal: Bool
    package var isOutputTerminal: Bool
    package var isErrorTerminal: Bool
    /// Nil where standard output is no terminal, or one of unknown size.
    package var size: @Sendable () -> WindowSize?
    /// Hands keys over as they are pressed, unseen and unchanged, until the function that it gives is called. That may
    /// be called more than once.
    package var makeRaw: @Sendable () throws -> @Sendable () -> Void
    /// What SIGWINCH, SIGTERM, SIGHUP and SIGINT say, from the moment of the call on; they do nothing else then.
    package var signals: @Sendable () async -> AsyncStream<ConsoleSignal>

    package init(
        isInputTerminal: Bool, isOutputTerminal: Bool, isErrorTerminal: Bool,
        size: @escaping @Sendable () -> WindowSize?, makeRaw: @escaping @Sendable () throws -> @Sendable () -> Void,
        signals: @escaping @Sendable () async -> AsyncStream<ConsoleSignal>
    ) {
        self.isInputTerminal = isInputTerminal
        self.isOutputTerminal = isOutputTerminal
        self.isErrorTerminal = isErrorTerminal
        self.size = size
        self.makeRaw = makeRaw
        self.signals = signals
    }

    /// Pipes and files.
    package static let none = Console(
        isInputTerminal: false, isOutputTerminal: false, isErrorTerminal: false, size: { nil }, makeRaw: { {} },
        signals: { AsyncStream { $0.finish() } })
}

package enum ConsoleSignal: Hashable, Sendable {
    case resized
    /// The program is to end; the signal's number.
    case ended(Int32)
}
