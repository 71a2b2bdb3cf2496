/// Replacing bytes in a file's contents: no decoding, so nothing that is not UTF-8 changes on the way.
package enum TextEdit {
    /// Replaces `old` by `new` and says how many occurrences it replaced.
    ///
    /// Occurrences are counted from the left and do not overlap. Throws `invalid` for an empty `old`, `no_match`,
    /// `many_matches` (more than one and not `replacesAll`), and `too_large` when the result would be over `limit`
    /// bytes; `path` is for that message.
    package static func replace(
        _ old: [UInt8], with new: [UInt8], in contents: [UInt8], replacesAll: Bool, path: SandboxPath,
        limit: Int = FileLimits.maximumEditBytes
    ) throws(SandboxError) -> (contents: [UInt8], occurrences: Int) {
        guard !old.isEmpty else { throw .emptyOldString }
        let matcher = Matcher(needle: old)
        var count = 0
        matcher.forEachOccurrence(in: contents) { _ in count += 1 }
        guard count > 0 else { throw .stringNotFound(old) }
        guard count == 1 || replacesAll else { throw .stringFoundTooOften(old, count: count) }
        let growth = (new.count - old.count).multipliedReportingOverflow(by: count)
        let size = growth.partialValue.addingReportingOverflow(contents.count)
        guard !growth.overflow, !size.overflow, size.partialValue <= limit else {
            throw .fileTooLarge(
                path, size: growth.overflow || size.overflow ? .max : Int64(size.partialValue), limit: limit,
                advice: "replace less at once, or edit it with a command in the sandbox")
        }
        var result: [UInt8] = []
        result.reserveCapacity(size.partialValue)
        var kept = 0
        matcher.forEachOccurrence(in: contents) { place in
            result += contents[kept..<place]
            result += new
            kept = place + old.count
        }
        result += contents[kept...]
        return (result, count)
    }

    /// How often `needle` occurs, counted from the left without overlaps; an empty one never does.
    package static func count(of needle: [UInt8], in haystack: [UInt8]) -> Int {
        var count = 0
        Matcher(needle: needle).forEachOccurrence(in: haystack) { _ in count += 1 }
        return count
    }
}

/// Finds one byte string in another in O(n + m) (Knuth, Morris, Pratt), without a list of all the places.
private struct Matcher {
    let needle: [UInt8]
    let borders: [Int]

    init(needle: [UInt8]) {
        self.needle = needle
        self.borders = Self.borders(of: needle)
    }

    func forEachOccurrence(in haystack: [UInt8], _ body: (Int) -> Void) {
        guard !needle.isEmpty else { return }
        var matched = 0
        for (index, byte) in haystack.enumerated() {
            while matched > 0, needle[matched] != byte { matched = borders[matched - 1] }
            if needle[matched] == byte { matched += 1 }
            if matched == needle.count {
                body(index + 1 - matched)
                matched = 0
            }
        }
    }

    /// For each prefix of `needle`, the length of its longest proper prefix that is also its suffix.
    private static func borders(of needle: [UInt8]) -> [Int] {
        var borders = [Int](repeating: 0, count: needle.count)
        var length = 0
        for index in needle.indices.dropFirst() {
            while length > 0, needle[index] != needle[length] { length = borders[length - 1] }
            if needle[index] == needle[length] { length += 1 }
            borders[index] = length
        }
        return borders
    }
}
