import CPodkeeper
import Glibc

/// The system calls of file operations, relative to a directory's descriptor, close-on-exec at birth.
enum FileSystem {
    static func open(
        _ path: [UInt8], in directory: Int32, _ flags: Int32, mode: mode_t = 0
    ) throws(SystemFailure) -> Descriptor {
        let text = terminated(path)
        return Descriptor(
            adopting: try SystemCall.retrying { openat(directory, text, flags | O_CLOEXEC, mode) })
    }

    /// Only to look things up in: needs no permission to read the directory.
    static func openForLookup(_ path: [UInt8], in directory: Int32) throws(SystemFailure) -> Descriptor {
        // O_PATH of the kernel's asm-generic/fcntl.h, which Glibc's module shows only with _GNU_SOURCE.
        let lookupOnly: Int32 = 0o10_000_000
        return try open(path, in: directory, lookupOnly | O_DIRECTORY)
    }

    static func status(
        of path: [UInt8], in directory: Int32, followsLink: Bool
    ) throws(SystemFailure) -> FileStatus {
        var status = stat()
        let text = terminated(path)
        let flags = followsLink ? 0 : AT_SYMLINK_NOFOLLOW
        _ = try SystemCall.retrying { fstatat(directory, text, &status, flags) }
        return FileStatus(status)
    }

    static func status(of descriptor: Int32) throws(SystemFailure) -> FileStatus {
        var status = stat()
        _ = try SystemCall.retrying { fstat(descriptor, &status) }
        return FileStatus(status)
    }

    static func makeDirectory(_ name: [UInt8], in directory: Int32, mode: mode_t = 0o777) throws(SystemFailure) {
        let text = terminated(name)
        _ = try SystemCall.retrying { mkdirat(directory, text, mode) }
    }

    static func makeLink(_ target: [UInt8], at name: [UInt8], in directory: Int32) throws(SystemFailure) {
        let (target, name) = (terminated(target), terminated(name))
        _ = try SystemCall.retrying { symlinkat(target, directory, name) }
    }

    /// Another name for what is there, a symlink itself included.
    static func makeHardLink(
        _ other: [UInt8], in otherDirectory: Int32, at name: [UInt8], in directory: Int32
    ) throws(SystemFailure) {
        let (other, name) = (terminated(other), terminated(name))
        _ = try SystemCall.retrying { linkat(otherDirectory, other, directory, name, 0) }
    }

    /// The umask counts.
    static func makeFIFO(_ name: [UInt8], in directory: Int32, mode: mode_t) throws(SystemFailure) {
        let text = terminated(name)
        _ = try SystemCall.retrying { mkfifoat(directory, text, mode) }
    }

    /// Sets when what has this name was read and written last, in seconds since 1970; of a symlink, its own times.
    static func setTimes(_ name: [UInt8], in directory: Int32, to seconds: Int64) throws(SystemFailure) {
        let text = terminated(name)
        let times = [timespec](repeating: timespec(tv_sec: Int(seconds), tv_nsec: 0), count: 2)
        _ = try SystemCall.retrying { utimensat(directory, text, times, AT_SYMLINK_NOFOLLOW) }
    }

    /// Follows symlinks.
    static func changeMode(_ path: [UInt8], in directory: Int32, to mode: UInt32) throws(SystemFailure) {
        let text = terminated(path)
        _ = try SystemCall.retrying { fchmodat(directory, text, mode_t(mode), 0) }
    }

    /// Absolute, without links; `path` must be absolute itself.
    static func realPath(_ path: [UInt8]) throws(SystemFailure) -> [UInt8] {
        guard let real = realpath(terminated(path), nil) else { throw SystemFailure(code: errno) }
        defer { free(real) }
        return UnsafeBufferPointer(start: real, count: strlen(real)).map { UInt8(bitPattern: $0) }
    }

    static func link(_ name: [UInt8], in directory: Int32) throws(SystemFailure) -> [UInt8] {
        let text = terminated(name)
        // PATH_MAX: no link's text is longer.
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = try SystemCall.retrying {
            readlinkat(directory, text, &buffer, buffer.count)
        }
        return buffer[..<count].map { UInt8(bitPattern: $0) }
    }

    static func rename(_ name: [UInt8], to newName: [UInt8], in directory: Int32) throws(SystemFailure) {
        try rename(name, in: directory, to: newName, in: directory)
    }

    static func rename(
        _ name: [UInt8], in directory: Int32, to newName: [UInt8], in newDirectory: Int32
    ) throws(SystemFailure) {
        let (from, to) = (terminated(name), terminated(newName))
        _ = try SystemCall.retrying { renameat(directory, from, newDirectory, to) }
    }

    /// Fails with EEXIST where there is something of the new name.
    static func renameToNew(
        _ name: [UInt8], in directory: Int32, to newName: [UInt8], in newDirectory: Int32
    ) throws(SystemFailure) {
        let outcome = pk_rename_new(directory, terminated(name), newDirectory, terminated(newName))
        if outcome == -EINVAL || outcome == -ENOSYS {
            // A file system that cannot do it in one step: two, then.
            let isTaken = (try? status(of: newName, in: newDirectory, followsLink: false)) != nil
            guard !isTaken else { throw SystemFailure(code: EEXIST) }
            return try rename(name, in: directory, to: newName, in: newDirectory)
        }
        guard outcome >= 0 else { throw SystemFailure(code: -outcome) }
    }

    /// `isDirectory`: an empty one.
    static func remove(_ name: [UInt8], in directory: Int32, isDirectory: Bool = false) throws(SystemFailure) {
        let text = terminated(name)
        _ = try SystemCall.retrying { unlinkat(directory, text, isDirectory ? AT_REMOVEDIR : 0) }
    }

    static func requireWritable(_ name: [UInt8], in directory: Int32) throws(SystemFailure) {
        let text = terminated(name)
        _ = try SystemCall.retrying { faccessat(directory, text, W_OK, AT_EACCESS) }
    }

    /// Reads until the buffer is full or the file ends; returns how many bytes it read.
    static func fill(
        _ buffer: UnsafeMutableRawBufferPointer, from descriptor: Int32
    ) throws(SystemFailure) -> Int {
        var filled = 0
        while filled < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let count = try SystemCall.retrying { read(descriptor, rest.baseAddress, rest.count) }
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    static func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) throws(SystemFailure) {
        var written = 0
        while written < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
            written += try SystemCall.retrying { write(descriptor, rest.baseAddress, rest.count) }
        }
    }

    /// A path never holds a NUL: `SandboxPath` refuses them and the kernel hands out none.
    private static func terminated(_ path: [UInt8]) -> [CChar] {
        path.map { CChar(bitPattern: $0) } + [0]
    }
}
