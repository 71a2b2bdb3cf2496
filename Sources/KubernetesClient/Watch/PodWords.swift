/// Texts that the pods of one cache share: names of labels and containers, images, phases.
///
/// Bounded, since others write them: a text that finds no room stays with its pod.
struct PodWords: Sendable {
    private static let maximumCount = 4096
    private static let maximumBytes = 256

    private var texts: [String] = []
    private var numbers: [String: Int] = [:]
    /// The last value under each name of a label or an annotation.
    private var latest: [String: String] = [:]

    subscript(number: Int) -> String { texts[number] }

    /// Nil where it is to stay with its pod.
    mutating func number(of text: String) -> Int? {
        if let number = numbers[text] { return number }
        guard texts.count < Self.maximumCount, text.utf8.count <= Self.maximumBytes else { return nil }
        numbers[text] = texts.count
        texts.append(text)
        return texts.count - 1
    }

    /// Of a label's or an annotation's value: most are their pod's own; those that come twice in a row are shared.
    mutating func number(of value: String, under name: String) -> Int? {
        if let number = numbers[value] { return number }
        guard latest[name] == value else {
            if latest.count < Self.maximumCount || latest[name] != nil { latest[name] = value }
            return nil
        }
        return number(of: value)
    }
}
