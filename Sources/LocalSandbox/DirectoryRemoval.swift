import Glibc
import SandboxCore

/// Removes a tree, whatever a sandbox has left in it: read-only directories, links, any depth and any number of files.
///
/// Links are never followed. Two directories are open at a time: one that is not empty is emptied by moving its
/// directories up to the top of the tree, so that no depth matters. To be used when nothing runs in the tree any more.
struct DirectoryRemoval {
    private let top: Int32
    private var moved = 0

    /// A path that does not exist is success.
    static func remove(_ path: String) throws(SandboxError) {
        if unlink(path) == 0 || errno == ENOENT { return }
        // It may be a directory that forbids being listed. A link is gone by now.
        chmod(path, 0o700)
        let directory = try Descriptor(opening: path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        var removal = Self(top: directory.raw)
        try removal.empty(path)
        guard rmdir(path) == 0 || errno == ENOENT else { throw failure(path) }
    }

    private init(top: Int32) {
        self.top = top
    }

    private mutating func empty(_ path: String) throws(SandboxError) {
        // What is moved up while the list is read may be missed by it (readdir(3)), hence again until nothing is seen.
        while true {
            var seen = 0
            let names = try Self.names(top, path)
            for name in names {
                seen += 1
                if try Self.removeLeaf(top, name, path) { continue }
                try removeDirectory(name, path)
            }
            if seen == 0 { return }
        }
    }

    /// A directory of the top's that is not empty: its files go, its directories move up.
    private mutating func removeDirectory(_ name: [CChar], _ path: String) throws(SandboxError) {
        fchmodat(top, name, 0o700, 0)
        let raw = openat(top, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        let directory = try Descriptor(raw < 0 ? -errno : raw, "cannot remove '\(path)'")
        while true {
            let names = try Self.names(directory.raw, path)
            if names.isEmpty { break }
            for child in names where !(try Self.removeLeaf(directory.raw, child, path)) {
                // Moving a directory changes its "..", for which it must be writable (rename(2)).
                fchmodat(directory.raw, child, 0o700, 0)
                try moveUp(child, from: directory.raw, path)
            }
        }
        guard unlinkat(top, name, AT_REMOVEDIR) == 0 else { throw Self.failure(path) }
    }

    private mutating func moveUp(_ name: [CChar], from directory: Int32, _ path: String) throws(SandboxError) {
        while true {
            moved += 1
            if renameat(directory, name, top, ".podkeeper-removal-\(moved)") == 0 { return }
            // The sandbox had a file or a full directory of that very name.
            guard [ENOTEMPTY, EEXIST, ENOTDIR].contains(errno) else { throw Self.failure(path) }
        }
    }

    /// A file, link or empty directory; false for a directory that is not empty.
    private static func removeLeaf(_ directory: Int32, _ name: [CChar], _ path: String) throws(SandboxError) -> Bool {
        if unlinkat(directory, name, 0) == 0 || errno == ENOENT { return true }
        guard errno == EISDIR || errno == EPERM else { throw failure(path) }
        if unlinkat(directory, name, AT_REMOVEDIR) == 0 || errno == ENOENT { return true }
        guard [ENOTEMPTY, EEXIST, EACCES].contains(errno) else { throw failure(path) }
        return false
    }

    /// At most 4096 names at a time: more are found by the next call, when these are gone.
    private static func names(_ descriptor: Int32, _ path: String) throws(SandboxError) -> [[CChar]] {
        let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0 else { throw failure(path) }
        guard let stream = fdopendir(copy) else {
            close(copy)
            throw failure(path)
        }
        defer { closedir(stream) }
        return DirectoryListing.names(stream, limit: 4096)
    }

    private static func failure(_ path: String) -> SandboxError {
        SandboxError(.internal, "cannot remove '\(path)': \(SystemError.current)")
    }
}
