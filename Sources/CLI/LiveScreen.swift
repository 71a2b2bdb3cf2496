import ControlAPI
import Foundation

/// A text that fills the terminal and is drawn anew until `q` or ctrl-C is pressed.
struct LiveScreen: Sendable {
    // ECMA-48 and xterm's alternate screen: what was on the terminal before comes back at the end.
    private static let enter = "\u{1B}[?1049h\u{1B}[?25l"
    private static let leave = "\u{1B}[?25h\u{1B}[?1049l"

    /// How long a look may take before the screen says that nobody answers.
    private static let patience = Duration.seconds(5)
    private static let beat = Duration.seconds(1)

    private enum Event: Sendable {
        case tick, beat, resized
        case seen(LastingClient.Answer<[String]>)
        case ended(Int32)
    }

    let terminal: Terminal
    let interval: Duration

    /// Returns the exit code: 0, or 128 and the number of the signal that ended it. The terminal is as it was then.
    ///
    /// `look` gives the lines; more than fit are cut off. While the daemon does not answer the last ones stay, below a
    /// line that says so. What it throws ends it all.
    func run(
        _ look: @escaping @Sendable () async throws -> LastingClient.Answer<[String]>
    ) async throws -> Int32 {
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
            // Beside the others: a daemon that does not answer keeps nobody from quitting.
            group.addTask { .seen(try await look()) }
            group.addTask { try await beat() }
            var (isLooking, isPausing, wantsLook) = (true, false, false)
            var (lines, began, beganAt): ([String], ContinuousClock.Instant, Date) = ([], .now, terminal.now())
            var isSilent = false
            while let event = try await group.next() {
                switch event {
                case .ended(let number): return number == 0 ? 0 : 128 + number
                case .resized:
                    group.addTask { await next(signals) }
                    wantsLook = true
                case .tick:
                    (isPausing, wantsLook) = (false, true)
                case .seen(let answer):
                    isLooking = false
                    if case .silence = answer { isSilent = true } else { isSilent = false }
                    try show(answer, &lines)
                    if !isPausing { group.addTask { try await pause() } }
                    isPausing = true
                case .beat:
                    group.addTask { try await beat() }
                    guard isLooking, !isSilent, began.duration(to: .now) >= Self.patience else { continue }
                    isSilent = true
                    try show(.silence(since: Timestamp(beganAt), reason: "no answer yet"), &lines)
                }
                guard wantsLook, !isLooking else { continue }
                group.addTask { .seen(try await look()) }
                (isLooking, wantsLook, began, beganAt) = (true, false, .now, terminal.now())
            }
            return 0
        }
    }

    /// `last`: the lines that were seen last.
    private func show(_ answer: LastingClient.Answer<[String]>, _ last: inout [String]) throws {
        let size = terminal.console.size() ?? WindowSize(columns: 80, rows: 24)
        var shown: [String]
        switch answer {
        case .value(let lines):
            last = lines
            shown = lines
        case .silence(let since, let reason):
            shown = [String(LastingClient.note(since, reason).prefix(size.columns))] + last
        }
        shown = Array(shown.prefix(size.rows))
        // Line by line over what is there: clearing first would flicker.
        let text = "\u{1B}[H" + shown.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J"
        try terminal.writeOutput(Array(text.utf8))
    }

    private func pause() async throws -> Event {
        try await Task.sleep(for: interval)
        return .tick
    }

    private func beat() async throws -> Event {
        try await Task.sleep(for: Self.beat)
        return .beat
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
