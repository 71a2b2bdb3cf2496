/// Where and why a text is not the JSON that this module reads.
package struct JSONSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
    package let message: String
    /// Counted in bytes from the start of the text.
    package let offset: Int
    /// It is JSON, but with more members or elements than may be.
    package let isTooMuch: Bool

    init(message: String, offset: Int, isTooMuch: Bool = false) {
        self.message = message
        self.offset = offset
        self.isTooMuch = isTooMuch
    }

    package var description: String { "\(message) at byte \(offset)" }
}
