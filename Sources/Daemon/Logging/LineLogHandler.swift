import Foundation
package import Logging
import Synchronization

/// Writes one line per entry to standard error: text for people, or one JSON object for machines.
package struct LineLogHandler: LogHandler {
    /// Of every handler; a configuration that is read again changes it.
    static let level = Mutex(Logger.Level.info)

    package var logLevel: Logger.Level {
        get { own ?? Self.level.withLock { $0 } }
        set { own = newValue }
    }

    /// Of one logger alone, where somebody has set it.
    private var own: Logger.Level?
    package var metadata: Logger.Metadata = [:]
    private let label: String
    private let format: LogFormat

    // One line is one write(2) under this lock, so that entries of different threads never mix.
    private static let output = Mutex(FileHandle.standardError)
    private static let timeStyle = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    /// A longer value is cut: a peer's text must not fill the log.
    private static let maximumValueBytes = 4096

    package init(label: String, format: LogFormat) {
        self.label = label
        self.format = format
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { _, last in last }
        let time = Date().formatted(Self.timeStyle)
        let fields = all.map { (key: $0.key, value: Self.cut("\($0.value)")) }.sorted { $0.key < $1.key }
        let message = Self.cut(event.message.description)
        let line =
            switch format {
            case .text: text(time, event.level, message, fields)
            case .json: json(time, event.level, message, fields)
            }
        Self.output.withLock { try? $0.write(contentsOf: Data((line + "\n").utf8)) }
    }

    private func text(
        _ time: String, _ level: Logger.Level, _ message: String, _ fields: [(key: String, value: String)]
    ) -> String {
        let tail = fields.map { " \($0.key)=\(Self.quoted($0.value))" }.joined()
        return "\(time) \(level.rawValue) \(label): \(Self.oneLine(message))\(tail)"
    }

    private func json(
        _ time: String, _ level: Logger.Level, _ message: String, _ fields: [(key: String, value: String)]
    ) -> String {
        var object = Dictionary(fields.map { ($0.key, $0.value) }) { _, last in last }
        object["time"] = time
        object["level"] = level.rawValue
        object["logger"] = label
        object["message"] = message
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(object) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }

    private static func cut(_ text: String) -> String {
        text.utf8.count <= maximumValueBytes
            ? text : String(decoding: text.utf8.prefix(maximumValueBytes), as: UTF8.self) + "…"
    }

    /// Control characters escaped: text of a pod or a peer must neither forge a line nor drive a terminal.
    private static func oneLine(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) {
                result += scalar.escaped(asASCII: true)
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func quoted(_ text: String) -> String {
        let safe = oneLine(text)
        let needsQuotes = safe.isEmpty || safe.contains { $0 == " " || $0 == "\"" || $0 == "=" }
        return needsQuotes ? "\"" + safe.replacing("\"", with: "\\\"") + "\"" : safe
    }
}
