import SandboxCore
import Testing

/// The matcher against one that tries everything, on patterns made together with what they mean.
@Suite struct GlobReferenceTests {
    private enum Node {
        case literal(String)
        case any
        case star
        case oneOf([String], negated: Bool)
    }

    private enum Segment {
        case globstar
        case nodes([Node])
    }

    private static let characters = ["a", "b", "é", "-"]

    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8]) func agreesOnRandomPatterns(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var matched = 0
        for _ in 0..<400 {
            let (text, alternatives) = makePattern(&random)
            let glob = try GlobPattern(text)
            for _ in 0..<15 {
                let path = (0..<Int.random(in: 1...4, using: &random)).map { _ in
                    (0..<Int.random(in: 1...4, using: &random)).map { _ in pick(Self.characters, &random) }
                }
                let expected = alternatives.contains { matches($0[...], path[...]) }
                if expected { matched += 1 }
                let joined = path.map { $0.joined() }.joined(separator: "/")
                #expect(glob.matches(Array(joined.utf8)) == expected, "\(text) against \(joined)")
            }
        }
        // A reference that never matches would agree with anything.
        #expect(matched > 200)
    }

    private func makePattern(_ random: inout SeededGenerator) -> (String, [[Segment]]) {
        var text = ""
        var alternatives: [[Segment]] = [[]]
        let count = Int.random(in: 1...4, using: &random)
        for index in 0..<count {
            if index > 0 { text += "/" }
            if Int.random(in: 0..<3, using: &random) == 0 {
                text += "**"
                alternatives = alternatives.map { $0 + [.globstar] }
                continue
            }
            let (first, firstNodes) = makeNodes(&random)
            if Int.random(in: 0..<4, using: &random) == 0 {
                let (second, secondNodes) = makeNodes(&random)
                text += "{\(first),\(second)}"
                alternatives = alternatives.flatMap { [$0 + [.nodes(firstNodes)], $0 + [.nodes(secondNodes)]] }
            } else {
                text += first
                alternatives = alternatives.map { $0 + [.nodes(firstNodes)] }
            }
        }
        // A name alone matches at any depth.
        if count == 1 { alternatives = alternatives.map { [.globstar] + $0 } }
        return (text, alternatives)
    }

    private func makeNodes(_ random: inout SeededGenerator) -> (String, [Node]) {
        var text = ""
        var nodes: [Node] = []
        var last = ""
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let (piece, node): (String, Node)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: (piece, node) = ("?", .any)
            // Two stars in a row alone in a component would be another thing.
            case 1 where last != "*": (piece, node) = ("*", .star)
            case 2:
                let members = Array(Self.characters.shuffled(using: &random).prefix(2)).filter { $0 != "-" }
                let negated = Bool.random(using: &random)
                (piece, node) = ("[\(negated ? "!" : "")\(members.joined())]", .oneOf(members, negated: negated))
            default:
                let character = pick(Self.characters, &random)
                (piece, node) = (character, .literal(character))
            }
            text += piece
            nodes.append(node)
            last = piece
        }
        return (text, nodes)
    }

    private func pick(_ items: [String], _ random: inout SeededGenerator) -> String {
        items[Int.random(in: 0..<items.count, using: &random)]
    }

    private func matches(_ pattern: ArraySlice<Segment>, _ path: ArraySlice<[String]>) -> Bool {
        guard let first = pattern.first else { return path.isEmpty }
        switch first {
        case .globstar:
            // At the end it stands for everything below, and that is at least one name.
            if pattern.count == 1 { return !path.isEmpty }
            return matches(pattern.dropFirst(), path) || (!path.isEmpty && matches(pattern, path.dropFirst()))
        case .nodes(let nodes):
            guard let name = path.first else { return false }
            return matchesName(nodes[...], name[...]) && matches(pattern.dropFirst(), path.dropFirst())
        }
    }

    private func matchesName(_ nodes: ArraySlice<Node>, _ name: ArraySlice<String>) -> Bool {
        guard let first = nodes.first else { return name.isEmpty }
        if case .star = first {
            return matchesName(nodes.dropFirst(), name) || (!name.isEmpty && matchesName(nodes, name.dropFirst()))
        }
        guard let character = name.first else { return false }
        let accepted =
            switch first {
            case .literal(let wanted): wanted == character
            case .oneOf(let members, let negated): members.contains(character) != negated
            case .any, .star: true
            }
        return accepted && matchesName(nodes.dropFirst(), name.dropFirst())
    }
}
