import Glibc
package import SandboxCore

extension FileOperations {
    /// A directory's rows, directories first, then by name; of anything else its one row. Paths are absolute.
    package func list(_ path: SandboxPath, watch: OperationWatch = .unbounded) throws(SandboxError) -> FileListing {
        let absolute = path.absolute(in: workDirectory)
        do {
            let base = try openBase(for: path)
            let own = try FileSystem.status(of: path.bytes, in: base.raw, followsLink: false)
            let status = own.isSymlink ? targetStatus(of: path.bytes, in: base.raw) ?? own : own
            guard status.isDirectory else {
                let name = absolute.split(separator: UInt8(ascii: "/")).last.map(Array.init) ?? []
                return FileListing(entries: [status.entry(name: name, path: absolute, isSymlink: own.isSymlink)])
            }
            let directory = OpenDirectory(try FileSystem.open(path.bytes, in: base.raw, O_RDONLY | O_DIRECTORY))
            return try rows(of: directory, path: absolute, watch)
        } catch let failure as SystemFailure {
            throw failure.error(for: path)
        } catch {
            throw SandboxError(wrapping: error)
        }
    }

    private func rows(
        of directory: OpenDirectory, path: [UInt8], _ watch: OperationWatch
    ) throws -> FileListing {
        let (names, isComplete) = try directory.names()
        var entries: [FileEntry] = []
        for (index, name) in names.enumerated() {
            if index % 256 == 0 { try watch.check() }
            guard let entry = try entry(of: name.bytes, in: directory.raw, below: path) else { continue }
            entries.append(entry)
        }
        entries.sort(by: FileEntry.listingOrder)
        var budget = ListingBudget()
        let kept = entries.prefix { budget.take($0) }
        return FileListing(entries: Array(kept), truncated: !isComplete || kept.count < entries.count)
    }

    /// Nil for what vanished since its name was read. A directory that shows names but lets nobody look at them throws.
    private func entry(
        of name: [UInt8], in directory: Int32, below path: [UInt8]
    ) throws(SystemFailure) -> FileEntry? {
        let own: FileStatus
        do {
            own = try FileSystem.status(of: name, in: directory, followsLink: false)
        } catch {
            if error.code == ENOENT { return nil }
            throw error
        }
        let status = own.isSymlink ? targetStatus(of: name, in: directory) ?? own : own
        return status.entry(name: name, path: SandboxPath.join(path, name), isSymlink: own.isSymlink)
    }

    /// Nil for a link that leads nowhere.
    private func targetStatus(of path: [UInt8], in directory: Int32) -> FileStatus? {
        try? FileSystem.status(of: path, in: directory, followsLink: true)
    }

    /// Regular files below `root` that match, by path's bytes; `""`, `"."` and `"/"` mean the working directory, but for
    /// an absolute pattern the directory that its own first components name. Unreadable directories are left out.
    package func glob(
        _ pattern: String, root: SearchRoot, watch: OperationWatch = .unbounded
    ) throws(SandboxError) -> FileListing {
        let pattern = try GlobPattern(pattern)
        var path = try root.path
        if root.isDefault, let own = pattern.literalRoot { path = try SandboxPath(bytes: own) }
        let directory = try openRoot(path)
        var walk = TreeWalk(pattern: pattern, ignoresHidden: false, watch: watch)
        var listing = FileListing(entries: [])
        var budget = ListingBudget()
        try walk.forEachFile(below: directory, path: path.absolute(in: workDirectory)) { file throws(SandboxError) in
            let status = try? FileSystem.status(of: file.name, in: file.directory, followsLink: false)
            guard let status, status.isRegular else { return true }
            let entry = status.entry(name: file.name, path: file.path, isSymlink: false)
            guard budget.take(entry) else {
                listing.truncated = true
                return false
            }
            listing.entries.append(entry)
            return true
        }
        if walk.isIncomplete { listing.truncated = true }
        return listing
    }

    /// Opens a directory to walk through; a root that is a link is followed.
    func openRoot(_ path: SandboxPath) throws(SandboxError) -> OpenDirectory {
        do {
            let base = try openBase(for: path)
            let status = try FileSystem.status(of: path.bytes, in: base.raw, followsLink: true)
            guard status.isDirectory else { throw SandboxError.notDirectory(path) }
            return OpenDirectory(try FileSystem.open(path.bytes, in: base.raw, O_RDONLY | O_DIRECTORY))
        } catch let failure as SystemFailure {
            throw failure.error(for: path)
        } catch {
            throw SandboxError(wrapping: error)
        }
    }
}
