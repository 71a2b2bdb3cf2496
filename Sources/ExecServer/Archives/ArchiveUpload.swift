import Glibc
import SandboxCore
import Synchronization
import Tar

/// An archive on its way into a directory: unpacked as it comes beside what is to be its place, or, where there is a
/// directory already, in that, under a name of its own; moved there by the commit.
final class ArchiveUpload: UploadSink {
    private struct State: ~Copyable {
        var reader = TarReader()
        var tree: StagedTree
    }

    private enum Place: ~Copyable {
        case present(OpenDirectory)
        case new(NamedEntry)

        /// Where the unpacking is done.
        var raw: Int32 {
            switch self {
            case .present(let directory): directory.raw
            case .new(let entry): entry.directory.raw
            }
        }
    }

    private let path: SandboxPath
    private let place: Place
    private let name: [UInt8]
    /// What a directory that is made here gets.
    private let usualMode: UInt32
    private let locks: PathLocks
    /// Nil when it is over.
    private let state: Mutex<State?>

    /// Parents are made now. Throws `notDirectory` for a path where something else is.
    init(_ path: SandboxPath, _ files: FileOperations) throws(SandboxError) {
        self.path = path
        locks = files.locks
        place = try Self.place(path, files)
        name = AtomicFileWriter.temporaryName()
        do {
            // Empty still: that everybody may look into it for a moment is how to learn the umask.
            try FileSystem.makeDirectory(name, in: place.raw)
            let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW
            let root = OpenDirectory(try FileSystem.open(name, in: place.raw, flags))
            usualMode = try FileSystem.status(of: root.raw).mode
            _ = try SystemCall.retrying { fchmod(root.raw, 0o700) }
            state = Mutex(State(tree: StagedTree(root, for: path)))
        } catch {
            throw error.error(for: path)
        }
    }

    deinit { discard() }

    /// After an error nothing is left of it.
    func append(_ bytes: [UInt8]) throws(SandboxError) {
        do {
            try state.withLock { state throws(SandboxError) in
                guard state != nil else { throw SandboxError(.conflict, "this upload has ended already") }
                state?.reader.append(bytes)
                while let event = try Self.next(&state, path) {
                    switch event {
                    case .entry(let entry): try state?.tree.add(entry)
                    case .contents(let bytes): try state?.tree.write(bytes)
                    }
                }
            }
        } catch {
            discard()
            throw error
        }
    }

    /// Works once. Whatever it throws after it began to change what is there says so.
    func finish() throws(SandboxError) {
        guard var last = state.withLock({ $0.take() }) else {
            throw SandboxError(.conflict, "this upload has ended already")
        }
        let root = last.tree.root
        defer { removeStage(root) }
        do throws(TarError) { try last.reader.finish() } catch { throw Self.refusal(error, path) }
        try last.tree.finishFile()
        do {
            switch place {
            case .new(let entry): try put(last.tree, entry)
            case .present(let directory): try merge(last.tree, directory)
            }
        } catch let failure as SystemFailure {
            throw failure.error(for: path)
        } catch {
            throw SandboxError(wrapping: error)
        }
    }

    func discard() {
        guard let last = state.withLock({ $0.take() }) else { return }
        removeStage(last.tree.root)
    }

    private func put(_ tree: borrowing StagedTree, _ entry: borrowing NamedEntry) throws {
        do throws(SystemFailure) {
            try FileSystem.renameToNew(name, in: entry.directory.raw, to: entry.name, in: entry.directory.raw)
        } catch {
            guard error.code == EEXIST else { throw error }
            // Made meanwhile, or a link to nowhere.
            let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW
            guard let there = try? FileSystem.open(entry.name, in: entry.directory.raw, flags) else {
                throw SandboxError.fileExists(path)
            }
            return try merge(tree, OpenDirectory(there))
        }
        try Self.apply(tree.lateModes, below: tree.root)
        _ = try SystemCall.retrying { fchmod(tree.root.raw, mode_t(tree.rootMode ?? usualMode)) }
    }

    private func merge(_ tree: borrowing StagedTree, _ directory: OpenDirectory) throws {
        var merge = TreeMerge(tree.root, into: directory, path: path, locks: locks)
        try merge.check()
        let late = tree.lateModes.filter { !merge.isThere($0.path) }
        do {
            try merge.perform()
            try Self.apply(late, below: directory)
        } catch {
            guard merge.hasBegun else { throw error }
            let reason = (error as? SystemFailure)?.text ?? "\(error)"
            throw SandboxError.fileFailure(path, "\(reason); a part of the archive is in its place already")
        }
    }

    /// The deepest first: after it nothing below a directory may be reached.
    private static func apply(_ modes: [StagedTree.LateMode], below root: OpenDirectory) throws(SystemFailure) {
        var cursor = TreeCursor(root)
        for late in modes.sorted(by: { $0.path.count > $1.path.count }) {
            let directory = try cursor.open(late.path[...])
            _ = try SystemCall.retrying { fchmod(directory.raw, mode_t(late.mode)) }
        }
    }

    /// What is left of it; nothing where all of it became the target.
    private func removeStage(_ root: OpenDirectory) {
        let own = try? FileSystem.status(of: root.raw)
        let named = try? FileSystem.status(of: name, in: place.raw, followsLink: false)
        guard let own, let named, own.inode == named.inode, own.device == named.device else { return }
        try? TreeRemoval.empty(root, .unbounded)
        try? FileSystem.remove(name, in: place.raw, isDirectory: true)
    }

    private static func place(_ path: SandboxPath, _ files: FileOperations) throws(SandboxError) -> Place {
        do {
            let base = try files.openBase(for: path)
            return .present(OpenDirectory(try FileSystem.open(path.bytes, in: base.raw, O_RDONLY | O_DIRECTORY)))
        } catch {
            if error.code == ENOTDIR { throw .notDirectory(path) }
            guard error.code == ENOENT else { throw error.error(for: path) }
        }
        return .new(try NamedEntry.resolve(path, in: files, createsParents: true))
    }

    private static func next(_ state: inout State?, _ path: SandboxPath) throws(SandboxError) -> TarReader.Event? {
        do throws(TarError) {
            return try state?.reader.read()
        } catch {
            throw refusal(error, path)
        }
    }

    private static func refusal(_ error: TarError, _ path: SandboxPath) -> SandboxError {
        .file(.invalid, "'\(path)': the archive cannot be unpacked: \(error)")
    }
}
