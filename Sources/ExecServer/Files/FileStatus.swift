import Glibc
import SandboxCore

/// What stat(2) says, as far as file operations need it.
struct FileStatus: Sendable {
    let device: UInt64
    let inode: UInt64
    let owner: UInt32
    let group: UInt32
    let size: Int64
    /// Permission bits.
    let mode: UInt32
    /// Seconds since 1970-01-01 UTC.
    let modifiedAt: Double
    let isDirectory: Bool
    let isRegular: Bool
    let isSymlink: Bool
    let isFIFO: Bool

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        owner = status.st_uid
        group = status.st_gid
        size = Int64(status.st_size)
        mode = UInt32(status.st_mode & 0o7777)
        modifiedAt = Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) / 1e9
        let kind = status.st_mode & S_IFMT
        isDirectory = kind == S_IFDIR
        isRegular = kind == S_IFREG
        isSymlink = kind == S_IFLNK
        isFIFO = kind == S_IFIFO
    }

    func info(linkTarget: [UInt8]?) -> FileInfo {
        let kind: FileInfo.Kind = isRegular ? .file : isDirectory ? .directory : isSymlink ? .symlink : .other
        return FileInfo(
            kind: kind, size: isRegular ? size : nil, mode: mode, modifiedAt: modifiedAt, owner: owner, group: group,
            linkTarget: linkTarget)
    }

    func entry(name: [UInt8], path: [UInt8], isSymlink: Bool) -> FileEntry {
        FileEntry(
            name: name, path: path, isDirectory: isDirectory, isSymlink: isSymlink, size: isRegular ? size : nil,
            mode: mode, modifiedAt: modifiedAt)
    }
}
