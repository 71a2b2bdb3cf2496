/// The API server's answer to `/version`.
package struct ServerVersion: Hashable, Sendable, Decodable {
    package var gitVersion: String
    package var major: Int
    /// Distributions append a `+`; only the digits count.
    package var minor: Int

    private enum CodingKeys: String, CodingKey { case gitVersion, major, minor }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        gitVersion = container.text(.gitVersion)
        major = Self.leadingNumber(container.text(.major))
        minor = Self.leadingNumber(container.text(.minor))
    }

    private static func leadingNumber(_ text: String) -> Int { Int(text.prefix { $0.isASCII && $0.isNumber }) ?? 0 }
}
