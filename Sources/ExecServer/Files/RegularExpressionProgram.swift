/// A regular expression as an automaton with choices (Thompson's construction): at most a few steps for each character of
/// the pattern once its repetitions are written out, which `GrepPattern` bounds.
struct RegularExpressionProgram {
    enum Step {
        /// Takes one byte that is in `sets[set]`.
        case bytes(set: Int, next: Int)
        case either(Int, Int)
        case assertion(RegularExpressionAssertion, next: Int)
        case match
    }

    private(set) var steps: [Step] = [.match]
    private(set) var sets: [ByteSet] = []
    private(set) var start = 0
    private(set) var hasWordAssertions = false
    private var setIndices: [ByteSet: Int] = [:]

    init(_ node: RegularExpressionNode) { start = emit(node, before: 0) }

    private mutating func append(_ step: Step) -> Int {
        steps.append(step)
        return steps.count - 1
    }

    /// Returns where the node's steps begin; they go on with `next`.
    private mutating func emit(_ node: RegularExpressionNode, before next: Int) -> Int {
        switch node {
        case .bytes(let set):
            let index = setIndices[set] ?? sets.count
            if index == sets.count {
                sets.append(set)
                setIndices[set] = index
            }
            return append(.bytes(set: index, next: next))
        case .assertion(let assertion):
            switch assertion {
            case .start, .end: break
            case .wordStart, .wordEnd, .wordEdge, .noWordEdge: hasWordAssertions = true
            }
            return append(.assertion(assertion, next: next))
        case .sequence(let parts):
            return parts.reversed().reduce(next) { next, part in emit(part, before: next) }
        case .choice(let alternatives):
            let entries = alternatives.map { emit($0, before: next) }
            return entries.dropLast().reversed().reduce(entries[entries.count - 1]) { append(.either($1, $0)) }
        case .repetition(let inner, let least, let most):
            return emit(inner, from: least, to: most, before: next)
        }
    }

    private mutating func emit(_ inner: RegularExpressionNode, from least: Int, to most: Int?, before next: Int) -> Int
    {
        var (entry, copies) = (next, least)
        if let most {
            for _ in least..<max(least, most) { entry = append(.either(emit(inner, before: entry), next)) }
        } else {
            let loop = append(.match)
            let body = emit(inner, before: loop)
            steps[loop] = .either(body, next)
            (entry, copies) = least == 0 ? (loop, 0) : (body, least - 1)
        }
        for _ in 0..<copies { entry = emit(inner, before: entry) }
        return entry
    }
}
