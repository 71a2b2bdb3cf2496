/// Colours of the terminal (ECMA-48, select graphic rendition), for what an eye should find first.
enum Palette {
    /// Only a terminal gets colours, and none where NO_COLOR is set (no-color.org) or the terminal can do nothing.
    static func isWanted(by terminal: Terminal) -> Bool {
        let environment = terminal.environment
        return terminal.console.isOutputTerminal && (environment["NO_COLOR"] ?? "").isEmpty
            && environment["TERM"] != "dumb"
    }

    static func paint(_ heading: String, _ cell: String) -> String {
        let code: String?
        switch (heading, cell) {
        case ("STATE", "ready"), ("RESULT", "killed"): code = "32"
        case ("STATE", "starting"), ("STATE", "queued"): code = "33"
        case ("STATE", "failed"), ("RESULT", "failed"): code = "31"
        case ("STATE", "stopping"): code = "2"
        default: code = nil
        }
        return code.map { "\u{1B}[\($0)m\(cell)\u{1B}[0m" } ?? cell
    }
}
