import HTTPTransport
import Synchronization

/// Which `Warning` headers were seen already: an API server repeats "policy/v1beta1 is deprecated" with every answer.
final class WarningLog: Sendable {
    /// Beyond these the memory starts anew: a text that holds an object's name never repeats.
    static let maximumTexts = 256

    private let seen = Mutex(Set<String>())

    /// The texts of an answer's warnings that are new, as they may go into a log. `299 - "text"` is the form that
    /// Kubernetes writes (RFC 7234, section 5.5); others are not meant for us.
    func news(in headers: HTTPHeaders) -> [String] {
        let texts = headers.values("Warning").compactMap(Self.text)
        guard !texts.isEmpty else { return [] }
        return seen.withLock { seen in
            if seen.count >= Self.maximumTexts { seen = [] }
            return texts.filter { seen.insert($0).inserted }
        }
    }

    private static func text(_ value: String) -> String? {
        guard value.hasPrefix("299 "), let start = value.firstIndex(of: "\""), let end = value.lastIndex(of: "\""),
            start < end
        else { return nil }
        var text = ""
        var isEscaped = false
        for character in value[value.index(after: start)..<end] {
            isEscaped = character == "\\" && !isEscaped
            if !isEscaped { text.append(character) }
        }
        return String(text.prefix(1000)).withoutControls
    }
}
