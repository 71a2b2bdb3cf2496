/// One of the patterns that the braces of a glob pattern stand for, as its components.
struct GlobAlternative: Hashable, Sendable {
    let isAbsolute: Bool
    /// Has a `..` component, which no walk downwards can follow.
    let climbs: Bool
    /// Never ends with `directories`, and never has two of them in a row.
    private(set) var parts: [GlobPattern.Part] = []

    init(_ pattern: [UInt8]) {
        let slash = UInt8(ascii: "/")
        let globstar = Array("**".utf8)
        let components = pattern.split(separator: slash).map(Array.init).filter { $0 != Array(".".utf8) }
        isAbsolute = pattern.first == slash
        climbs = components.contains(Array("..".utf8))
        // A name alone matches at any depth; `./name` has a slash and does not.
        if !pattern.contains(slash) { parts.append(.directories) }
        for component in components {
            if component != globstar {
                parts.append(.name(GlobSegment(pattern: component)))
            } else if parts.last != .directories {
                parts.append(.directories)
            }
        }
        // Files are what is looked for: `src/**` is every file below src. `src/` names no file.
        if parts.last == .directories { parts.append(.name(.anything)) }
        if pattern.last == slash { parts = [] }
    }

    /// The components before the last one, up to the first with a wildcard.
    var literalDirectories: [[UInt8]] {
        var names: [[UInt8]] = []
        for part in parts.dropLast() {
            guard case .name(let segment) = part, let name = segment.literalName else { break }
            names.append(name)
        }
        return names
    }

    /// What the last name must look like.
    var lastSegment: GlobSegment? {
        guard case .name(let segment)? = parts.last else { return nil }
        return segment
    }
}
