extension ShellFileOperations {
    /// As `Sandbox.grep`, with the image's own `grep -E` in the C locale.
    package func grep(_ query: GrepQuery) async throws(SandboxError) -> GrepResult {
        try GrepPattern.check(query.pattern)
        guard query.limit > 0 else { throw .invalid("limit must be above 0") }
        let limit = min(query.limit, FileLimits.maximumMatches)
        var glob: GlobPattern?
        if let text = query.glob { glob = try GlobPattern(text) }
        var path = try SandboxPath(".")
        if let own = query.path { path = own }
        let root = path.absolute(in: workDirectory)
        let length = min(try pageBytes, FileLimits.maximumMatchBytes)
        let script = ShellGrepScript.search(
            root, pattern: query.pattern, ignoresHidden: query.ignoresHidden, nameFilters: glob?.nameFilters,
            limit: limit, length: length)
        let reply = try await run(script, path, timeout: Self.searchTimeout)
        let isDirectory = try reply.number(0) == 1
        let prefix = isDirectory ? SandboxPath.join(root, [UInt8(ascii: ".")]) : []
        guard let found = ShellMatches(reply.body, prefix: prefix, root: root) else { throw ShellReply.cutShort }
        // Full to the brim means that there was more; anything less must have its end.
        guard found.isComplete || found.hasCutLine || reply.body.count == length else { throw ShellReply.cutShort }
        var matches = found.matches
        if isDirectory, let glob {
            matches.removeAll { match in
                guard let below = Self.below(root, match.path) else { return true }
                return !glob.matches(below, root: root)
            }
        }
        matches.sort(by: GrepMatch.order)
        return GrepResult(
            matches: Array(matches.prefix(limit)), truncated: !found.isComplete || matches.count > limit,
            unreadable: found.unreadable.sorted { $0.lexicographicallyPrecedes($1) })
    }
}
