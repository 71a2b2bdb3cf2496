import Glibc
import SandboxCore

/// A name in an open directory, by a path whose last component is not followed: what is removed, moved or made is the
/// entry itself.
struct NamedEntry: ~Copyable {
    let path: SandboxPath
    let directory: Descriptor
    let name: [UInt8]

    private init(path: SandboxPath, directory: consuming Descriptor, name: [UInt8]) {
        self.path = path
        self.directory = directory
        self.name = name
    }

    /// Throws `invalid` for a path that ends in no name (`/`, `.`, `..`).
    static func resolve(
        _ path: SandboxPath, in files: FileOperations, createsParents: Bool = false
    ) throws(SandboxError) -> Self {
        let slash = UInt8(ascii: "/")
        var bytes = path.bytes[...]
        while bytes.last == slash { bytes = bytes.dropLast() }
        let cut = bytes.lastIndex(of: slash).map { $0 + 1 } ?? bytes.startIndex
        let name = Array(bytes[cut...])
        guard !name.isEmpty, name != Array(".".utf8), name != Array("..".utf8) else {
            throw .file(.invalid, "'\(path)' names no entry of a directory")
        }
        do {
            let base = try files.openBase(for: path)
            let directory = try FileTarget.openDirectory(Array(bytes[..<cut]), in: base.raw, creates: createsParents)
            return Self(path: path, directory: directory, name: name)
        } catch {
            throw createsParents && error.code == ENOTDIR ? .notDirectory(path) : error.error(for: path)
        }
    }
}
