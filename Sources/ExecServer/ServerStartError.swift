/// Why the exec server cannot start, as a sentence for whoever started it.
package struct ServerStartError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
