import Glibc
import SandboxCore
import Tar

/// What has come of an archive, unpacked in a directory of its own that nobody else is to look into (mode 0700).
///
/// No member gets out of it: absolute names and `..` are refused, and every directory on the way to a member is opened
/// in its parent, with `O_NOFOLLOW`. Owners are left out: all is ours.
struct StagedTree: ~Copyable {
    /// A directory whose mode would keep us from filling or moving it.
    struct LateMode {
        let path: [[UInt8]]
        let mode: UInt32
    }

    private struct OpenFile: ~Copyable {
        let descriptor: Descriptor
        let entry: TarEntry
    }

    let root: OpenDirectory
    /// Of the archive's own root, where it has one.
    private(set) var rootMode: UInt32?
    private(set) var lateModes: [LateMode] = []
    /// For messages: where it all is to go.
    private let path: SandboxPath
    private var cursor: TreeCursor
    private var linkCursor: TreeCursor
    private var file: OpenFile?
    private var entries = 0

    init(_ root: OpenDirectory, for path: SandboxPath) {
        self.root = root
        self.path = path
        cursor = TreeCursor(root)
        linkCursor = TreeCursor(root)
    }

    /// Adds a member, which takes the place of one of the same name before it.
    mutating func add(_ entry: TarEntry) throws(SandboxError) {
        try finishFile()
        entries += 1
        guard entries <= ServerLimits.maximumArchiveEntries else {
            throw .file(
                .tooLarge, "'\(path)': the archive has more than \(ServerLimits.maximumArchiveEntries) members")
        }
        let names = try names(entry.name)
        guard let name = names.last else {
            guard entry.kind == .directory else { throw refusal(entry.name, "is no directory") }
            rootMode = entry.mode
            return
        }
        do {
            let parent = try cursor.open(names.dropLast(), makes: true)
            try make(entry, name, names, in: parent)
        } catch let failure as SystemFailure {
            throw error(failure, entry.name)
        } catch {
            throw SandboxError(wrapping: error)
        }
    }

    /// Adds bytes to the file that was added last.
    mutating func write(_ bytes: ArraySlice<UInt8>) throws(SandboxError) {
        guard let file = file?.descriptor.raw else { return }
        do throws(SystemFailure) {
            try bytes.withUnsafeBufferPointer { bytes throws(SystemFailure) in
                try FileSystem.writeAll(UnsafeRawBufferPointer(bytes), to: file)
            }
        } catch {
            throw self.error(error, self.file?.entry.name ?? [])
        }
    }

    /// To be called after the last member.
    mutating func finishFile() throws(SandboxError) {
        guard let file = file.take() else { return }
        let (entry, raw) = (file.entry, file.descriptor.raw)
        do {
            _ = try SystemCall.retrying { fchmod(raw, mode_t(entry.mode)) }
            let time = timespec(tv_sec: Int(entry.modifiedAt), tv_nsec: 0)
            let times = [time, time]
            _ = try SystemCall.retrying { futimens(raw, times) }
            try file.descriptor.closeReporting()
        } catch {
            throw self.error(error, entry.name)
        }
    }

    private mutating func make(
        _ entry: TarEntry, _ name: [UInt8], _ names: [[UInt8]], in parent: OpenDirectory
    ) throws {
        switch entry.kind {
        case .directory: try makeDirectory(entry, name, names, in: parent)
        case .file:
            // Nobody else's to read before it has its mode.
            let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
            let made = try Self.replacing(name, in: parent) { () throws(SystemFailure) in
                try FileSystem.open(name, in: parent.raw, flags, mode: 0o600)
            }
            file = OpenFile(descriptor: made, entry: entry)
        case .symlink:
            guard !entry.linkName.isEmpty, !entry.linkName.contains(0) else {
                throw refusal(entry.name, "is a symlink to nothing")
            }
            try Self.replacing(name, in: parent) { () throws(SystemFailure) in
                try FileSystem.makeLink(entry.linkName, at: name, in: parent.raw)
            }
            try FileSystem.setTimes(name, in: parent.raw, to: entry.modifiedAt)
        case .hardLink:
            let others = try self.names(entry.linkName)
            guard let other = others.last else { throw refusal(entry.name, "is a link to a directory") }
            let directory = try linkCursor.open(others.dropLast())
            try Self.replacing(name, in: parent) { () throws(SystemFailure) in
                try FileSystem.makeHardLink(other, in: directory.raw, at: name, in: parent.raw)
            }
        case .fifo:
            try Self.replacing(name, in: parent) { () throws(SystemFailure) in
                try FileSystem.makeFIFO(name, in: parent.raw, mode: mode_t(entry.mode))
            }
            try FileSystem.setTimes(name, in: parent.raw, to: entry.modifiedAt)
        }
    }

    private mutating func makeDirectory(
        _ entry: TarEntry, _ name: [UInt8], _ names: [[UInt8]], in parent: OpenDirectory
    ) throws {
        do throws(SystemFailure) {
            try FileSystem.makeDirectory(name, in: parent.raw)
        } catch {
            guard error.code == EEXIST else { throw error }
        }
        let directory = try cursor.open(names[...])
        _ = try SystemCall.retrying { fchmod(directory.raw, mode_t(entry.mode | 0o700)) }
        lateModes.removeAll { $0.path == names }
        guard entry.mode & 0o700 != 0o700 else { return }
        guard lateModes.count < ServerLimits.maximumLateModes else {
            throw SandboxError.file(
                .tooLarge,
                "'\(path)': the archive has more than \(ServerLimits.maximumLateModes) directories that their owner may "
                    + "not change")
        }
        lateModes.append(LateMode(path: names, mode: entry.mode))
    }

    /// Throws `EISDIR` where a directory has the name.
    private static func replacing<Result: ~Copyable>(
        _ name: [UInt8], in directory: OpenDirectory, _ make: () throws(SystemFailure) -> Result
    ) throws(SystemFailure) -> Result {
        do {
            return try make()
        } catch {
            guard error.code == EEXIST else { throw error }
        }
        try FileSystem.remove(name, in: directory.raw)
        return try make()
    }

    /// The components of a member's name; none for the root.
    private func names(_ name: [UInt8]) throws(SandboxError) -> [[UInt8]] {
        guard name.first != UInt8(ascii: "/") else { throw refusal(name, "is an absolute path") }
        guard !name.contains(0), name.count <= SandboxPath.maximumBytes else { throw refusal(name, "is no path") }
        let names = name.split(separator: UInt8(ascii: "/")).map(Array.init).filter { $0 != Array(".".utf8) }
        guard !names.contains(Array("..".utf8)) else { throw refusal(name, "leads out of it with '..'") }
        return names
    }

    private func refusal(_ name: [UInt8], _ what: String) -> SandboxError {
        .file(.invalid, "'\(path)': the archive's member '\(Self.shown(name))' \(what)")
    }

    private func error(_ failure: SystemFailure, _ name: [UInt8]) -> SandboxError {
        switch failure.code {
        case ENOSPC, EDQUOT: .noSpace(path)
        case ENOTDIR: refusal(name, "lies behind another that is no directory")
        case EISDIR, EPERM: refusal(name, "is a directory as well")
        case ENOENT: refusal(name, "is a link to what is not in it, or the upload's own directory was removed")
        default: refusal(name, "cannot be made: \(failure.text)")
        }
    }

    private static func shown(_ name: [UInt8]) -> String { String(decoding: name.prefix(1000), as: UTF8.self) }
}
