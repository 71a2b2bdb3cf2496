import Glibc
package import SandboxCore

extension FileOperations {
    /// Lines that match a POSIX extended regular expression, by path's bytes, then line; see `GrepQuery`.
    ///
    /// Files with a NUL in their first 8000 bytes are skipped. What cannot be read is in `unreadable` and spoils nothing;
    /// a root that is missing or may not be read is an error. `truncated` says that a bound left something out: the
    /// limit, a line over `FileLimits.maximumMatchLineBytes`, or the answer's size.
    package func grep(
        _ query: GrepQuery, watch: OperationWatch = .unbounded
    ) throws(SandboxError) -> GrepResult {
        var path = try SandboxPath(".")
        if let own = query.path { path = own }
        let expression = try ExtendedRegularExpression(query.pattern)
        var search = try FileSearch(expression: expression, limit: query.limit, watch: watch)
        var glob: GlobPattern?
        if let text = query.glob { glob = try GlobPattern(text) }
        let absolute = path.absolute(in: workDirectory)
        if let file = try openRootFile(path) {
            try search.search(file.raw, path: absolute)
            return search.result
        }
        let directory = try openRoot(path)
        var walk = TreeWalk(pattern: glob, ignoresHidden: query.ignoresHidden, watch: watch)
        try walk.forEachFile(below: directory, path: absolute) { file throws(SandboxError) in
            try search.search(file)
            return !search.isFull
        }
        var result = search.result
        result.truncated = result.truncated || walk.isIncomplete
        result.unreadable = Array((result.unreadable + walk.unreadable).prefix(FileLimits.maximumUnreadable))
        result.unreadable.sort { $0.lexicographicallyPrecedes($1) }
        return result
    }

    /// The root itself when it is a file: searched whatever its name. Nil for a directory.
    private func openRootFile(_ path: SandboxPath) throws(SandboxError) -> Descriptor? {
        do {
            return try openRegular(path).giveDescriptor()
        } catch {
            guard error.kind == .file(.isDirectory) else { throw error }
            return nil
        }
    }
}
