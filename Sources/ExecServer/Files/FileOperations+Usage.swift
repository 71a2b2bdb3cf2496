import Glibc
import SandboxCore

extension FileOperations {
    /// The sizes of all regular files below the working directory; what cannot be read counts nothing. Throws
    /// `deadlineExceeded`.
    func regularFileBytes(watch: OperationWatch) throws(SandboxError) -> Int64 {
        let path = Array(workDirectory.utf8)
        let root: OpenDirectory
        do {
            root = OpenDirectory(try FileSystem.open(path, in: AT_FDCWD, O_RDONLY | O_DIRECTORY))
        } catch {
            throw error.error(for: try SandboxPath(bytes: path))
        }
        var walk = TreeWalk(pattern: nil, ignoresHidden: false, watch: watch)
        var bytes: Int64 = 0
        try walk.forEachFile(below: root, path: path) { file in
            let status = try? FileSystem.status(of: file.name, in: file.directory, followsLink: false)
            bytes += status?.size ?? 0
            return true
        }
        return bytes
    }
}
