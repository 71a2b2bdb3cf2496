/// A setting that cannot be used: one line that says where it stands and what is right.
package struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }

    /// `line` is 1-based; nil where the file as a whole is meant.
    package init(file: String, line: Int?, _ problem: String) {
        description = "\(file)\(line.map { ":\($0)" } ?? ""): \(problem)"
    }
}
