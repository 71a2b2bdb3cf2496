/// Text from elsewhere, made fit for a terminal.
enum Printable {
    /// Control characters appear as `\u{1B}` and the like: a label or message must not drive the operator's terminal.
    static func text(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        return text.unicodeScalars.reduce(into: "") { shown, scalar in
            if isControl(scalar) {
                shown += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        // Format characters among them: they reorder or hide what follows.
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
