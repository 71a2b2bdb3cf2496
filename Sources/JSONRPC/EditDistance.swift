/// Finds what somebody meant who mistyped a name.
package enum EditDistance {
    /// The candidate that is closest to `name`, or nil when none is close enough to be a likely slip.
    ///
    /// Likely means: at most a third of the longer one's letters differ, and never more than three.
    package static func nearest(to name: String, among candidates: [String]) -> String? {
        // A name from the wire may be long; no candidate is, and then the distance is over the limit anyway.
        guard name.utf8.count <= 100 else { return nil }
        let wanted = Array(name.lowercased().utf8)
        var best: (candidate: String, distance: Int)?
        for candidate in candidates {
            let letters = Array(candidate.lowercased().utf8)
            let limit = min(3, max(wanted.count, letters.count) / 3)
            let distance = between(wanted, letters)
            guard distance <= limit, distance < best?.distance ?? .max else { continue }
            best = (candidate, distance)
        }
        return best?.candidate
    }

    /// The number of insertions, deletions, replacements and swaps of neighbours that turn one into the other
    /// (Damerau and Levenshtein, optimal string alignment).
    static func between(_ left: [UInt8], _ right: [UInt8]) -> Int {
        guard !left.isEmpty else { return right.count }
        guard !right.isEmpty else { return left.count }
        var beforeLast = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for row in 1...left.count {
            var current = [Int](repeating: row, count: right.count + 1)
            for column in 1...right.count {
                let change = left[row - 1] == right[column - 1] ? 0 : 1
                var distance = min(last[column] + 1, current[column - 1] + 1, last[column - 1] + change)
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                    distance = min(distance, beforeLast[column - 2] + 1)
                }
                current[column] = distance
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }
}
