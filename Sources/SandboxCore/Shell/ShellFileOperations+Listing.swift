extension ShellFileOperations {
    /// As `Sandbox.list`.
    package func list(_ path: SandboxPath) async throws(SandboxError) -> FileListing {
        // Without a slash at the end, so that a link to a file is a row, and find adds its own.
        let target = path.absolute(in: workDirectory)
        let rows = try await rows(path) { ShellListScripts.list(target, page: $0) }
        var listing = FileListing(entries: rows.entries.sorted(by: FileEntry.listingOrder))
        listing.truncated = !rows.isComplete
        return listing.bounded()
    }

    /// As `Sandbox.glob`: find(1) lists, the pattern decides here.
    package func glob(_ pattern: String, root: SearchRoot) async throws(SandboxError) -> FileListing {
        let pattern = try GlobPattern(pattern)
        var path = try root.path
        if root.isDefault, let own = pattern.literalRoot { path = try SandboxPath(bytes: own) }
        let target = path.absolute(in: workDirectory)
        let filters = pattern.nameFilters
        let rows = try await rows(path, timeout: Self.searchTimeout) {
            ShellListScripts.files(target, nameFilters: filters, page: $0)
        }
        let entries = rows.entries.filter { entry in
            guard let below = Self.below(target, entry.path) else { return false }
            return pattern.matches(below, root: target)
        }
        return FileListing(entries: entries.sorted(by: FileEntry.pathOrder), truncated: !rows.isComplete).bounded()
    }

    /// Fetches pages until the end or the bound of one listing. Each page is made by listing anew: it starts a little
    /// before the end of the last one, and when the two do not agree, the tree changed and it all starts again.
    private func rows(
        _ path: SandboxPath, timeout: Duration = fileTimeout,
        _ script: (ShellListScripts.Page) -> ShellScript
    ) async throws(SandboxError) -> ShellRows {
        let length = try pageBytes
        // Rows carry a path and about 40 bytes more.
        let most = 2 * FileLimits.maximumListingBytes
        for _ in 0..<3 {
            var bytes: [UInt8] = []
            var isWhole = false
            while !isWhole, bytes.count < most {
                let overlap = min(bytes.count, min(64, length / 2))
                let page = ShellListScripts.Page(offset: bytes.count - overlap, length: length)
                let body = try await run(script(page), path, timeout: timeout).body
                guard body.prefix(overlap).elementsEqual(bytes.suffix(overlap)), body.count >= overlap else { break }
                bytes += body.dropFirst(overlap)
                isWhole = body.count < length
            }
            guard isWhole || bytes.count >= most else { continue }
            guard let rows = ShellRows(bytes), rows.isComplete || !isWhole else {
                // One page comes from one script: it was cut short. Several may not fit together.
                if bytes.count <= length { throw ShellReply.cutShort }
                continue
            }
            return rows
        }
        throw SandboxError(.conflict, "'\(path)' changed each time it was listed: try again")
    }

    static func below(_ root: [UInt8], _ path: [UInt8]) -> [UInt8]? {
        let prefix = SandboxPath.join(root, [])
        return path.starts(with: prefix) ? Array(path.dropFirst(prefix.count)) : nil
    }
}

extension FileListing {
    /// Cut to what one answer may hold.
    fileprivate func bounded() -> Self {
        var bytes = 0
        let kept = entries.prefix(FileLimits.maximumEntries).prefix { entry in
            bytes += entry.name.count + entry.path.count
            return bytes <= FileLimits.maximumListingBytes
        }
        return Self(entries: Array(kept), truncated: truncated || kept.count < entries.count)
    }
}
