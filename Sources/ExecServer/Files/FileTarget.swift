import Glibc
import SandboxCore

/// Where a write goes: a name in an open directory, after every symlink has been followed.
struct FileTarget: ~Copyable {
    let path: SandboxPath
    let directory: Descriptor
    let name: [UInt8]
    let key: PathLocks.Key

    private init(path: SandboxPath, directory: consuming Descriptor, name: [UInt8]) throws(SystemFailure) {
        let status = try FileSystem.status(of: directory.raw)
        self.path = path
        self.directory = directory
        self.name = name
        self.key = PathLocks.Key(device: status.device, directory: status.inode, name: name)
    }

    /// Follows the links of the last component by hand, since rename(2) would replace the link itself.
    static func resolve(
        _ path: SandboxPath, workDirectory: String, createsParents: Bool
    ) throws(SandboxError) -> Self {
        do {
            return try resolve(path, from: Array(workDirectory.utf8), createsParents: createsParents)
        } catch let failure as SystemFailure {
            throw createsParents && failure.code == ENOTDIR ? .notDirectory(path) : failure.error(for: path)
        } catch {
            throw SandboxError(wrapping: error)
        }
    }

    private static func resolve(
        _ path: SandboxPath, from workDirectory: [UInt8], createsParents: Bool
    ) throws -> Self {
        var base = try FileSystem.openForLookup(path.isAbsolute ? root : workDirectory, in: AT_FDCWD)
        var rest = path.bytes
        for _ in 0...FileLimits.maximumSymlinks {
            let cut = rest.lastIndex(of: slash).map { $0 + 1 } ?? 0
            let name = Array(rest[cut...])
            guard !name.isEmpty, name != [dot], name != [dot, dot] else { throw SandboxError.isDirectory(path) }
            let directory = try openDirectory(Array(rest[..<cut]), in: base.raw, creates: createsParents)
            guard let status = try status(of: name, in: directory.raw), status.isSymlink else {
                return try Self(path: path, directory: directory, name: name)
            }
            rest = try FileSystem.link(name, in: directory.raw)
            if rest.first == slash { base = try FileSystem.openForLookup(root, in: AT_FDCWD) } else { base = directory }
        }
        throw SandboxError.symlinkLoop(path)
    }

    /// Nil when there is nothing of that name.
    private static func status(of name: [UInt8], in directory: Int32) throws(SystemFailure) -> FileStatus? {
        do {
            return try FileSystem.status(of: name, in: directory, followsLink: false)
        } catch  where error.code == ENOENT {
            return nil
        }
    }

    /// Opens `path` below `directory`; a leading slash counts for nothing, as the base is then the root itself.
    static func openDirectory(
        _ path: [UInt8], in directory: Int32, creates: Bool
    ) throws(SystemFailure) -> Descriptor {
        let components = path.split(separator: slash).map(Array.init)
        let relative = components.isEmpty ? [dot] : Array(components.joined(separator: [slash]))
        do {
            return try FileSystem.openForLookup(relative, in: directory)
        } catch {
            guard error.code == ENOENT, creates else { throw error }
        }
        var current = try FileSystem.openForLookup([dot], in: directory)
        for component in components { current = try openOrMake(component, in: current.raw) }
        return current
    }

    private static func openOrMake(_ name: [UInt8], in directory: Int32) throws(SystemFailure) -> Descriptor {
        do {
            return try FileSystem.openForLookup(name, in: directory)
        } catch {
            guard error.code == ENOENT else { throw error }
        }
        do {
            try FileSystem.makeDirectory(name, in: directory)
        } catch {
            // Somebody else made it meanwhile, or it is a link to nowhere, which the next open tells.
            guard error.code == EEXIST else { throw error }
        }
        do {
            return try FileSystem.openForLookup(name, in: directory)
        } catch {
            throw error.code == ENOENT ? SystemFailure(code: ENOTDIR) : error
        }
    }
}

private let slash = UInt8(ascii: "/")
private let dot = UInt8(ascii: ".")
private let root = [slash]
