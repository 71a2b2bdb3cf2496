/// The beginning of a text that a peer sent, for messages: a name may be megabytes long.
package enum Excerpt {
    /// At most 100 Unicode scalars. Not characters: one of those may be as long as the whole text.
    package static func of(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(100)))
    }
}
