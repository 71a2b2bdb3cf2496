/// `{a,b}` of a glob pattern, nested as deep as it likes, bounded in what it may become.
///
/// A brace without a partner or without a comma stands for itself, and so does anything after a backslash.
enum BraceExpansion {
    static let maximumAlternatives = 256

    /// All the patterns that `pattern` stands for, in order; nil if there are more than `maximumAlternatives`.
    static func expand(_ pattern: [UInt8]) -> [[UInt8]]? {
        var done: [[UInt8]] = []
        // The last one is next; each is expanded at its first brace that has a comma.
        var waiting = [pattern]
        while let next = waiting.popLast() {
            guard let (prefix, choices, suffix) = firstBrace(in: next) else {
                done.append(next)
                continue
            }
            guard done.count + waiting.count + choices.count <= maximumAlternatives else { return nil }
            for choice in choices.reversed() { waiting.append(prefix + choice + suffix) }
        }
        return done
    }

    private static func firstBrace(in pattern: [UInt8]) -> (prefix: [UInt8], choices: [[UInt8]], suffix: [UInt8])? {
        // One pass: the open braces, each with where it began and its commas; the outermost complete one wins.
        var open: [(start: Int, commas: [Int])] = []
        var best: (start: Int, commas: [Int], end: Int)?
        var index = 0
        while index < pattern.count {
            switch pattern[index] {
            case UInt8(ascii: "\\"): index += 1
            case UInt8(ascii: "{"): open.append((index, []))
            case UInt8(ascii: ",") where !open.isEmpty: open[open.count - 1].commas.append(index)
            case UInt8(ascii: "}"):
                if let brace = open.popLast(), !brace.commas.isEmpty, best.map({ brace.start < $0.start }) ?? true {
                    best = (brace.start, brace.commas, index)
                }
            default: break
            }
            if open.isEmpty, best != nil { break }
            index += 1
        }
        guard let best else { return nil }
        let edges = [best.start] + best.commas + [best.end]
        let choices = zip(edges, edges.dropFirst()).map { Array(pattern[($0 + 1)..<$1]) }
        return (Array(pattern[..<best.start]), choices, Array(pattern[(best.end + 1)...]))
    }
}
