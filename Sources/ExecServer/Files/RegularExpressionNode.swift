/// A regular expression as a tree.
indirect enum RegularExpressionNode {
    case bytes(ByteSet)
    case assertion(RegularExpressionAssertion)
    /// Without parts it matches the empty text.
    case sequence([RegularExpressionNode])
    case choice([RegularExpressionNode])
    /// `most` is nil where there is no upper bound.
    case repetition(RegularExpressionNode, least: Int, most: Int?)

    /// The tree does not become deeper by `*`, `?` and `{1}`, of which a pattern may have thousands in a row.
    func repeated(from least: Int, to most: Int?) -> RegularExpressionNode {
        if most == 0 { return .sequence([]) }
        if least == 1, most == 1 { return self }
        switch self {
        case .sequence(let parts) where parts.isEmpty: return self
        case .repetition(let inner, least: 0, let innerMost) where innerMost == nil || innerMost == 1:
            guard least == 0, most == nil || most == 1 else { break }
            return .repetition(inner, least: 0, most: innerMost == nil || most == nil ? nil : 1)
        default: break
        }
        return .repetition(self, least: least, most: most)
    }
}

/// What is asked of a place between two bytes. Words are of letters, digits and `_`.
enum RegularExpressionAssertion {
    case start
    case end
    case wordStart
    case wordEnd
    case wordEdge
    case noWordEdge

    /// Nil stands for there being no byte before, or after, the place.
    func holds(afterWord before: Bool?, beforeWord after: Bool?) -> Bool {
        let (before, after, isStart, isEnd) = (before ?? false, after ?? false, before == nil, after == nil)
        return switch self {
        case .start: isStart
        case .end: isEnd
        case .wordStart: !before && after
        case .wordEnd: before && !after
        case .wordEdge: before != after
        case .noWordEdge: before == after
        }
    }
}
