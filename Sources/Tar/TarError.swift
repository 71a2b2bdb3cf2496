/// Why bytes are no archive, or not one that can be taken: a clause for whoever sent it.
package struct TarError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }

    static let truncated = Self("it is cut short")
}
