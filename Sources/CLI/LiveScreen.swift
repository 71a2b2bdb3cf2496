import ControlAPI

/// A text that fills the terminal and is drawn anew until `q` or ctrl-C is pressed.
struct LiveScreen: Sendable {
    // ECMA-48 and xterm's alternate screen: what was on the terminal before comes back at the end.
    private static let enter = "\u{1B}[?1049h\u{1B}[?25l"
    private static let leave = "\u{1B}[?25h\u{1B}[?1049l"

    private enum Event: Sendable {
        case tick, resized
        case ended(Int32)
    }

    let terminal: Terminal
    let interval: Duration

    /// Returns the exit code: 0, or 128 and the number of the signal that ended it. The terminal is as it was then.
    ///
    /// `draw` gives the lines for a screen of that size; more than fit are cut off. What it throws ends it all.
    func run(_ draw: @escaping @Sendable (WindowSize) async throws -> [String]) async throws -> Int32 {
        let signals = await terminal.console.signals()
        let restore = try terminal.console.makeRaw()
        try terminal.writeOutput(Array(Self.enter.utf8))
        defer {
            // A terminal that is gone needs nothing any more.
            try? terminal.writeOutput(Array(Self.leave.utf8))
            restore()
        }
        return try await withThrowingTaskGroup(of: Event.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await waitForQuit() }
            group.addTask { await next(signals) }
            group.addTask { try await pause() }
            try await show(draw)
            while let event = try await group.next() {
                switch event {
                case .ended(let number): return number == 0 ? 0 : 128 + number
                case .resized: group.addTask { await next(signals) }
                case .tick: group.addTask { try await pause() }
                }
                try await show(draw)
            }
            return 0
        }
    }

    private func show(_ draw: (WindowSize) async throws -> [String]) async throws {
        let size = terminal.console.size() ?? WindowSize(columns: 80, rows: 24)
        let lines = try await draw(size).prefix(size.rows)
        // Line by line over what is there: clearing first would flicker.
        let text = "\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J"
        try terminal.writeOutput(Array(text.utf8))
    }

    private func pause() async throws -> Event {
        try await Task.sleep(for: interval)
        return .tick
    }

    private func next(_ signals: AsyncStream<ConsoleSignal>) async -> Event {
        for await signal in signals {
            if case .ended(let number) = signal { return .ended(number) }
            return .resized
        }
        return .ended(0)
    }

    private func waitForQuit() async throws -> Event {
        // ctrl-C comes as its byte while the terminal is raw.
        while let bytes = try await terminal.nextInput() {
            if bytes.contains(where: { $0 == UInt8(ascii: "q") || $0 == 3 }) { break }
        }
        return .ended(0)
    }
}
