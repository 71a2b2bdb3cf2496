/// What keeps this program itself from doing what it was asked.
struct CLIError: Error, Hashable, CustomStringConvertible {
    let message: String
    /// What to do about it.
    let hint: String?

    init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }

    var description: String { message }
}
