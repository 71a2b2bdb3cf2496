import Glibc

/// The caller's own name for a session: 1 to 256 bytes of UTF-8 without control characters.
///
/// Two ids are the same session only if their bytes are the same; nothing is lower-cased, trimmed or normalised.
package struct SessionID: Hashable, Sendable, Comparable, CustomStringConvertible {
    package static let maximumBytes = 256

    package let rawValue: String

    /// Throws `SandboxError` of kind `invalid`, saying which rule the text breaks.
    package init(_ rawValue: String) throws(SandboxError) {
        let bytes = rawValue.utf8.count
        guard bytes >= 1, bytes <= Self.maximumBytes else {
            throw .invalid("session_id must be 1 to \(Self.maximumBytes) bytes of UTF-8, this one has \(bytes)")
        }
        // C0, DEL and C1: the Unicode category Cc, without the tables that CharacterSet would pull in.
        let isControl = rawValue.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }
        guard !isControl else { throw .invalid("session_id must not contain control characters") }
        self.rawValue = rawValue
    }

    /// An id of the daemon's own, which no caller can name: it begins with a control character.
    package init(reserved text: String) { rawValue = "\u{1}\(text)" }

    /// One that a daemon has written down: a caller's, or its own.
    package init(stored text: String) throws(SandboxError) {
        if text.utf8.first == 1 {
            self.init(reserved: String(text.dropFirst()))
        } else {
            try self.init(text)
        }
    }

    package var isReserved: Bool { rawValue.utf8.first == 1 }

    package var description: String { rawValue }

    package static func < (left: Self, right: Self) -> Bool {
        left.rawValue.utf8.lexicographicallyPrecedes(right.rawValue.utf8)
    }

    // Swift's String equality is canonical equivalence ("é" precomposed equals decomposed); an id is its bytes.
    package static func == (left: Self, right: Self) -> Bool {
        var (left, right) = (left.rawValue, right.rawValue)
        return left.withUTF8 { left in
            right.withUTF8 { right in
                guard left.count == right.count, let start = left.baseAddress, let other = right.baseAddress else {
                    return left.count == right.count
                }
                return memcmp(start, other, left.count) == 0
            }
        }
    }

    package func hash(into hasher: inout Hasher) {
        var text = rawValue
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
