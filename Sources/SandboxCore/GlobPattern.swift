/// A compiled glob pattern for paths below a root.
///
/// `**` as a whole component is zero or more directories, `*` any characters of one name, `?` one character, `[a-z]` and
/// `[!a-z]` one of a set, `{a,b}` either, `\` takes the next character as it is. Wildcards match leading dots. A pattern
/// without a slash matches a name at any depth; one with a slash starts at the root; one that starts with a slash is
/// compared with the absolute path. Names are matched as bytes; a character is one of UTF-8, or a stray byte.
///
/// Matching walks a set of positions component by component, so that it takes no more than components × pattern
/// components steps, and a walker knows before it enters a directory whether anything below could match.
package struct GlobPattern: Hashable, Sendable {
    /// `PATH_MAX` of Linux.
    package static let maximumBytes = 4096

    enum Part: Hashable, Sendable {
        case directories
        case name(GlobSegment)
    }

    let alternatives: [GlobAlternative]

    /// Throws `invalid` for an empty pattern, one over 4096 bytes, one with a NUL or a `..` component, and one whose
    /// braces stand for more than 256 patterns.
    package init(bytes: [UInt8]) throws(SandboxError) {
        guard !bytes.isEmpty else { throw .invalid("pattern must not be empty") }
        guard bytes.count <= Self.maximumBytes else {
            throw .invalid("pattern must not be longer than \(Self.maximumBytes) bytes, this one has \(bytes.count)")
        }
        guard !bytes.contains(0) else { throw .invalid("pattern must not contain a NUL byte") }
        guard let expanded = BraceExpansion.expand(bytes) else {
            throw .invalid("pattern has more than \(BraceExpansion.maximumAlternatives) alternatives in its braces")
        }
        let alternatives = expanded.map { GlobAlternative($0) }
        guard alternatives.allSatisfy({ !$0.climbs }) else {
            throw .invalid("pattern must not contain '..': name another root instead")
        }
        self.alternatives = alternatives
    }

    package init(_ text: String) throws(SandboxError) {
        try self.init(bytes: Array(text.utf8))
    }

    /// Whether a path relative to the root matches; for tests of single paths. `root` is the root's absolute path.
    package func matches(_ path: [UInt8], root: [UInt8] = [UInt8(ascii: "/")]) -> Bool {
        var position = start(root: root)
        for name in path.split(separator: UInt8(ascii: "/")) { position = advance(position, name: Array(name)) }
        return isMatch(position)
    }

    /// The directory that every match of an absolute pattern is below; nil if an alternative is not absolute.
    package var literalRoot: [UInt8]? {
        guard alternatives.allSatisfy({ $0.isAbsolute }), var common = alternatives.first?.literalDirectories else {
            return nil
        }
        for alternative in alternatives.dropFirst() {
            let shared = zip(common, alternative.literalDirectories).prefix { $0 == $1 }.count
            common = Array(common.prefix(shared))
        }
        return common.reduce(into: [UInt8(ascii: "/")]) { $0 = SandboxPath.join($0, $1) }
    }
}

extension GlobPattern {
    /// Patterns for `find -name`, one of which every matching file's name matches; nil when that would narrow nothing.
    /// What the C locale would see otherwise becomes `*`, so they let through too much, never too little.
    package var nameFilters: [String]? {
        let filters = alternatives.map { $0.lastSegment?.nameFilter }
        let texts = filters.compactMap { $0 }
        guard texts.count == filters.count, texts.count <= 16, !texts.contains("*") else { return nil }
        return texts
    }
}
