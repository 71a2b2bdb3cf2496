import Glibc
import SandboxCore

/// A directory held open, so that what is looked up in it is in it, whatever happens to its path.
final class OpenDirectory: Sendable {
    /// One name in a directory and what readdir(3) says of it.
    struct Name {
        enum Kind { case directory, regular, other, unknown }

        let bytes: [UInt8]
        let kind: Kind
    }

    private let descriptor: Descriptor

    var raw: Int32 { descriptor.raw }

    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }

    /// Opens a directory below this one, and never a link to one.
    func open(_ name: [UInt8]) throws(SystemFailure) -> OpenDirectory {
        OpenDirectory(try FileSystem.open(name, in: raw, O_RDONLY | O_DIRECTORY | O_NOFOLLOW))
    }

    /// All names but `.` and `..`, in no order; `isComplete` is false after `FileLimits.maximumDirectoryNames`.
    func names() throws(SystemFailure) -> (names: [Name], isComplete: Bool) {
        // readdir owns the descriptor it is given; a fresh one starts at the beginning.
        let copy = try FileSystem.open(Array(".".utf8), in: raw, O_RDONLY | O_DIRECTORY)
        guard let stream = fdopendir(copy.raw) else { throw SystemFailure(code: errno) }
        copy.release()
        defer { closedir(stream) }
        var names: [Name] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw SystemFailure(code: errno) }
                return (names, true)
            }
            let bytes = withUnsafePointer(to: &entry.pointee.d_name) { name in
                let start = UnsafeRawPointer(name).assumingMemoryBound(to: UInt8.self)
                return Array(
                    UnsafeBufferPointer(start: start, count: strlen(UnsafePointer<CChar>(OpaquePointer(start)))))
            }
            if bytes == [UInt8(ascii: ".")] || bytes == Array("..".utf8) { continue }
            guard names.count < FileLimits.maximumDirectoryNames else { return (names, false) }
            names.append(Name(bytes: bytes, kind: Self.kind(entry.pointee.d_type)))
        }
    }

    private static func kind(_ type: UInt8) -> Name.Kind {
        // Not all file systems say (readdir(3)).
        switch Int(type) {
        case Int(DT_DIR): .directory
        case Int(DT_REG): .regular
        case Int(DT_UNKNOWN): .unknown
        default: .other
        }
    }
}
