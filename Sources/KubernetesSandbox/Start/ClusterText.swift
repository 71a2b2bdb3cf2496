/// Text that came from a cluster or a container is anybody's: it is cut and stripped before a person sees it.
enum ClusterText {
    /// `text` without control characters (newlines become spaces), at most `limit` bytes of UTF-8.
    static func clean(_ text: String, limit: Int) -> String {
        var result = ""
        var bytes = 0
        for scalar in text.unicodeScalars {
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            let shown: Unicode.Scalar = isControl ? " " : scalar
            bytes += UTF8.width(shown)
            guard bytes <= limit else { return result + "…" }
            result.unicodeScalars.append(shown)
        }
        return result
    }
}
