/// Reading of API objects that never fails for a member that is missing, null or of a surprising type: a newer server
/// or a webhook may send any of these.
extension KeyedDecodingContainer {
    func lenient<T: Decodable>(_ type: T.Type, _ key: Key) -> T? {
        (try? decodeIfPresent(type, forKey: key)) ?? nil
    }

    /// Empty when missing.
    func text(_ key: Key) -> String { lenient(String.self, key) ?? "" }

    /// At most `maximumFieldBytes` of a text that others write: the cache's memory must not be theirs to spend.
    func boundedText(_ key: Key) -> String { text(key).prefixOfUTF8(maximumFieldBytes) }

    func boundedTexts(_ key: Key) -> [String: String] {
        (lenient([String: String].self, key) ?? [:]).filter { $0.value.utf8.count <= maximumFieldBytes }
    }

    /// The elements that can be decoded.
    func list<T: Decodable>(_ type: T.Type, _ key: Key) -> [T] {
        lenient([Lossy<T>].self, key)?.compactMap(\.value) ?? []
    }
}

/// The most bytes kept of a message, label or annotation of an object.
let maximumFieldBytes = 4096

private struct Lossy<Value: Decodable>: Decodable {
    var value: Value?

    init(from decoder: any Decoder) throws {
        value = try? Value(from: decoder)
    }
}

extension String {
    /// At most `limit` bytes, cut between characters of UTF-8.
    func prefixOfUTF8(_ limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: limit)
        while end > utf8.startIndex, end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}
