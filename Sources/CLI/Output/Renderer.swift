import ControlAPI
import Foundation
import Yams

/// Shows a result in the form that was asked for.
struct Renderer: Sendable {
    let format: OutputFormat
    let terminal: Terminal

    /// `names` is what `-o name` prints, one a line, as they are: scripts hand them back. Nothing is printed where there is nothing.
    func show(_ value: some Encodable, names: [String], table: () -> String) throws {
        let text =
            switch format {
            case .table: table()
            case .json: try Self.json(value)
            case .yaml: try Self.yaml(value)
            case .name: names.joined(separator: "\n")
            }
        guard !text.isEmpty else { return }
        try terminal.writeOutput(Array((text + "\n").utf8))
    }

    /// A table as this terminal shows it: no wider than its screen, and in colour where that is wanted.
    func text(_ table: Table) -> String {
        let console = terminal.console
        let width = console.isOutputTerminal ? console.size()?.columns : nil
        guard Palette.isWanted(by: terminal) else { return table.text(fitting: width, paint: nil) }
        return table.text(fitting: width, paint: Palette.paint)
    }

    /// A remark for people, which scripts do not want to parse.
    func remark(_ text: String) {
        if format == .table { terminal.complain(Printable.text(text)) }
    }

    private static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .withoutEscapingSlashes, .sortedKeys]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private static func yaml(_ value: some Encodable) throws -> String {
        let encoder = YAMLEncoder()
        encoder.options.allowUnicode = true
        encoder.options.sortKeys = true
        return try encoder.encode(value).trimmingCharacters(in: .newlines)
    }
}
