/// How a sandbox ended, beside the reason.
package struct EndDetail: Hashable, Sendable, ExpressibleByStringInterpolation {
    /// One sentence, for people.
    package var text: String
    /// Of the process that the sandbox was, where its end is known: 128 + n for a signal.
    package var exitCode: Int?

    package init(_ text: String, exitCode: Int? = nil) {
        self.text = text
        self.exitCode = exitCode
    }

    package init(stringLiteral text: String) { self.init(text) }
}
