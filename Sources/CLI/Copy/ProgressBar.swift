import Foundation

/// How far a copy is, on a terminal's standard error; nothing elsewhere.
struct ProgressBar {
    private static let width = 24
    private static let interval: TimeInterval = 0.1

    private let name: String
    /// Bytes; nil where that is not known before.
    private let total: Int64?
    private let terminal: Terminal
    private let began: Date
    private var shown: Date?
    private var done: Int64 = 0

    init(name: String, total: Int64?, terminal: Terminal) {
        self.name = Printable.text(name)
        self.total = total
        self.terminal = terminal
        began = terminal.now()
    }

    mutating func add(_ bytes: Int) {
        done += Int64(bytes)
        let now = terminal.now()
        guard terminal.console.isErrorTerminal, shown.map({ now.timeIntervalSince($0) >= Self.interval }) ?? true else {
            return
        }
        shown = now
        draw(now)
    }

    /// Leaves the last state standing, on a line of its own.
    mutating func finish() {
        guard terminal.console.isErrorTerminal else { return }
        draw(terminal.now())
        write("\n")
    }

    private func draw(_ now: Date) {
        let seconds = max(now.timeIntervalSince(began), 0.001)
        let rate = "\(Self.size(Int64(Double(done) / seconds)))/s"
        var line = "\r\(name)  "
        if let total {
            let part = total > 0 ? min(Double(done) / Double(total), 1) : 1
            let filled = Int(part * Double(Self.width))
            line += "\(Int(part * 100))% [" + String(repeating: "=", count: filled)
            line += String(repeating: " ", count: Self.width - filled) + "] \(Self.size(done))/\(Self.size(total))"
        } else {
            line += Self.size(done)
        }
        // Erases what a longer line has left (ECMA-48, EL).
        write("\(line)  \(rate)\u{1B}[K")
    }

    private func write(_ text: String) {
        // A bar that cannot be shown stops no copy.
        try? terminal.writeError(Array(text.utf8))
    }

    /// `3.4 MiB`.
    static func size(_ bytes: Int64) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var value = Double(bytes)
        var unit = 0
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return unit == 0 ? "\(bytes) B" : String(format: "%.1f \(units[unit])", value)
    }
}
