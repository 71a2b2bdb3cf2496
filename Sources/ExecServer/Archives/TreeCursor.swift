import Glibc

/// Opens the directories of a tree, each in its parent and never through a link. The latest stays open: what is asked
/// for next is mostly beside it.
struct TreeCursor {
    let root: OpenDirectory
    private var latest: (path: ArraySlice<[UInt8]>, directory: OpenDirectory)?

    init(_ root: OpenDirectory) { self.root = root }

    /// `path`: names, from the root down. `makes`: what is missing. Throws `ENOTDIR` where a name is no directory's.
    mutating func open(_ path: ArraySlice<[UInt8]>, makes: Bool = false) throws(SystemFailure) -> OpenDirectory {
        if path.isEmpty { return root }
        if let latest, latest.path == path { return latest.directory }
        var directory = root
        for name in path { directory = try Self.open(name, in: directory, makes: makes) }
        latest = (path, directory)
        return directory
    }

    private static func open(
        _ name: [UInt8], in directory: OpenDirectory, makes: Bool
    ) throws(SystemFailure) -> OpenDirectory {
        do {
            return try directory.open(name)
        } catch {
            guard error.code == ENOENT, makes else { throw error.code == ELOOP ? SystemFailure(code: ENOTDIR) : error }
        }
        try FileSystem.makeDirectory(name, in: directory.raw)
        return try directory.open(name)
    }
}
