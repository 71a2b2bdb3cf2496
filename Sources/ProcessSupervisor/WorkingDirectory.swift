import Glibc
import SystemPackage

/// The directory a process starts in, held open so that it stays the one that was checked.
struct WorkingDirectory {
    /// O_PATH of asm-generic/fcntl.h, which Swift's Glibc module leaves out as it is there for GNU sources only.
    private static let pathOnly: Int32 = 0o10000000

    let descriptor: OwnedDescriptor
    /// For swift-subprocess, which takes a path as text. Bytes that are no UTF-8 go through our own descriptor
    /// (proc(5), /proc/PID/fd).
    let path: FilePath

    /// Throws `ProcessError` of kind `workingDirectory`.
    init(_ bytes: [UInt8]) throws(ProcessError) {
        let text = String(decoding: bytes, as: UTF8.self)
        let opened = (bytes + [0]).withUnsafeBytes { buffer in
            buffer.withMemoryRebound(to: CChar.self) { name in
                name.baseAddress.map { open($0, Self.pathOnly | O_DIRECTORY | O_CLOEXEC) } ?? -1
            }
        }
        guard opened >= 0 else { throw Self.failure(errno, text) }
        descriptor = OwnedDescriptor(opened)
        // O_PATH asks for no permission on the directory itself (open(2)).
        guard faccessat(opened, ".", X_OK, AT_EACCESS) == 0 else { throw Self.failure(errno, text) }
        path = text.utf8.elementsEqual(bytes) ? FilePath(text) : FilePath("/proc/self/fd/\(opened)")
    }

    private static func failure(_ errno: Int32, _ path: String) -> ProcessError {
        ProcessError(
            .workingDirectory(errno), "cannot run in working directory '\(path)': \(ProcessError.text(errno))")
    }
}
