import Glibc
import SandboxCore

/// Removes everything below a directory without ever following a link: each directory is opened in its parent, with
/// `O_NOFOLLOW`, and what is in it is removed by name.
enum TreeRemoval {
    /// Directories open at a time. What is deeper is moved up to the top first, so that no depth needs more.
    private static let maximumDepth = 32

    /// Throws `SystemFailure` for what cannot be removed, `SandboxError` where the watch says so.
    static func empty(_ top: OpenDirectory, _ watch: OperationWatch) throws {
        var moved = 0
        // Until nothing is left: what was moved up, what a long directory still has, what others put there meanwhile.
        while true {
            let names = try top.names().names
            if names.isEmpty { return }
            try remove(names, in: top, top: top, depth: 1, &moved, watch)
        }
    }

    private static func remove(
        _ names: [OpenDirectory.Name], in directory: OpenDirectory, top: OpenDirectory, depth: Int,
        _ moved: inout Int, _ watch: OperationWatch
    ) throws {
        for name in names {
            try watch.check()
            do throws(SystemFailure) {
                try FileSystem.remove(name.bytes, in: directory.raw)
                continue
            } catch {
                // Gone already; a directory (EPERM is POSIX's word for it, unlink(2)).
                if error.code == ENOENT { continue }
                guard error.code == EISDIR || error.code == EPERM else { throw error }
            }
            if depth == maximumDepth {
                moved += 1
                let place = Array(".podkeeper-removed-\(moved)-\(UInt64.random(in: .min ... .max))".utf8)
                try FileSystem.renameToNew(name.bytes, in: directory.raw, to: place, in: top.raw)
                continue
            }
            let child = try directory.open(name.bytes)
            while true {
                let below = try child.names().names
                if below.isEmpty { break }
                try remove(below, in: child, top: top, depth: depth + 1, &moved, watch)
            }
            do throws(SystemFailure) {
                try FileSystem.remove(name.bytes, in: directory.raw, isDirectory: true)
            } catch {
                guard error.code == ENOENT else { throw error }
            }
        }
    }
}
