extension FileEntry {
    /// The order of `list`: directories first, then by the name's bytes.
    package static func listingOrder(_ left: Self, _ right: Self) -> Bool {
        if left.isDirectory != right.isDirectory { return left.isDirectory }
        return left.name.lexicographicallyPrecedes(right.name)
    }

    /// The order of `glob`: by the path's bytes.
    package static func pathOrder(_ left: Self, _ right: Self) -> Bool {
        left.path.lexicographicallyPrecedes(right.path)
    }
}

extension GrepMatch {
    /// The order of `grep`: by the path's bytes, then by line.
    package static func order(_ left: Self, _ right: Self) -> Bool {
        if left.path == right.path { return left.lineNumber < right.lineNumber }
        return left.path.lexicographicallyPrecedes(right.path)
    }
}
