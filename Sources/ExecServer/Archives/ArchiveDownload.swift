import Glibc
import SandboxCore
import Synchronization
import Tar

/// A directory with all below it, packed as it is read: names, modes, times, files, symlinks, FIFOs. Nothing is
/// followed. Sockets and devices have nothing to pack and are left out; hard links become files of their own.
final class ArchiveDownload: DownloadSource {
    private struct Frame {
        let path: [[UInt8]]
        /// The next one last.
        var waiting: [[UInt8]]
    }

    private struct Member: ~Copyable {
        let file: Descriptor
        let path: SandboxPath
        let status: FileStatus
        var left: Int64
    }

    private struct State: ~Copyable {
        var cursor: TreeCursor
        var frames: [Frame] = []
        var member: Member?
        /// Packed, not yet handed out.
        var ready: [UInt8] = []
        var hasEnded = false
        var hasher = SHA256Hasher()
        var count: Int64 = 0
    }

    private let path: SandboxPath
    private let state: Mutex<State>

    /// Throws `notDirectory`.
    init(_ path: SandboxPath, _ files: FileOperations) throws(SandboxError) {
        self.path = path
        let root = try files.openRoot(path)
        state = Mutex(State(cursor: TreeCursor(root)))
        do {
            let status = try FileSystem.status(of: root.raw)
            try state.withLock { state throws(SandboxError) in
                try enter(root, [], status, &state)
            }
        } catch let failure as SystemFailure {
            throw failure.error(for: path)
        } catch {
            throw SandboxError(wrapping: error)
        }
    }

    func next(_ count: Int) throws(SandboxError) -> (Int, [UInt8])? {
        try state.withLock { state throws(SandboxError) in
            while state.ready.count < count, !state.hasEnded {
                if state.member == nil { try visit(&state) } else { try read(count, &state) }
            }
            guard !state.ready.isEmpty else { return nil }
            let piece = state.ready
            state.ready = []
            state.hasher.update(piece)
            defer { state.count += Int64(piece.count) }
            return (Int(state.count), piece)
        }
    }

    func finish() -> TransferResult {
        state.withLock { TransferResult(size: $0.count, sha256: SHA256.hex(digest: $0.hasher.finalize())) }
    }

    /// The next name.
    private func visit(_ state: inout State) throws(SandboxError) {
        guard let depth = state.frames.indices.last else {
            state.ready += TarHeader.end
            state.hasEnded = true
            return
        }
        guard let name = state.frames[depth].waiting.popLast() else {
            state.frames.removeLast()
            return
        }
        let names = state.frames[depth].path + [name]
        do {
            let directory = try state.cursor.open(names.dropLast())
            let status = try FileSystem.status(of: name, in: directory.raw, followsLink: false)
            if status.isDirectory {
                try enter(try directory.open(name), names, status, &state)
            } else if status.isRegular {
                let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY
                let file = try FileSystem.open(name, in: directory.raw, flags)
                // What it is now, and how long.
                let status = try FileSystem.status(of: file.raw)
                guard status.isRegular else { return }
                state.ready += TarHeader.blocks(Self.entry(.file, names, status))
                state.member = Member(file: file, path: shown(names), status: status, left: status.size)
            } else if status.isSymlink {
                var entry = Self.entry(.symlink, names, status)
                entry.linkName = try FileSystem.link(name, in: directory.raw)
                state.ready += TarHeader.blocks(entry)
            } else if status.isFIFO {
                state.ready += TarHeader.blocks(Self.entry(.fifo, names, status))
            }
        } catch let failure as SystemFailure {
            // Gone, or swapped for something else, since its name was read.
            if ![ENOENT, ELOOP, ENOTDIR].contains(failure.code) { throw failure.error(for: shown(names)) }
        } catch {
            throw SandboxError(wrapping: error)
        }
    }

    private func enter(
        _ directory: OpenDirectory, _ names: [[UInt8]], _ status: FileStatus, _ state: inout State
    ) throws(SandboxError) {
        do {
            let (found, isComplete) = try directory.names()
            guard isComplete else {
                throw SandboxError.file(.tooLarge, "'\(shown(names))' has too many names to be packed")
            }
            let sorted = found.map(\.bytes).sorted { $1.lexicographicallyPrecedes($0) }
            state.ready += TarHeader.blocks(Self.entry(.directory, names, status))
            state.frames.append(Frame(path: names, waiting: sorted))
        } catch let failure as SystemFailure {
            throw failure.error(for: shown(names))
        } catch {
            throw SandboxError(wrapping: error)
        }
    }

    /// The next bytes of the file that is being packed.
    private func read(_ count: Int, _ state: inout State) throws(SandboxError) {
        guard let raw = state.member?.file.raw, let left = state.member?.left, let path = state.member?.path,
            let before = state.member?.status
        else { return }
        guard left > 0 else {
            state.ready += [UInt8](repeating: 0, count: TarHeader.padding(after: before.size))
            state.member = nil
            return
        }
        var bytes = [UInt8](repeating: 0, count: Int(min(left, Int64(count))))
        let got = try FileOperations.fill(&bytes, from: raw, path)
        let now: FileStatus
        do { now = try FileSystem.status(of: raw) } catch { throw error.error(for: path) }
        // One that grew is packed as long as it was: so logs are copied while they are written.
        guard got == bytes.count, now.modifiedAt == before.modifiedAt || now.size > before.size else {
            throw SandboxError(.conflict, "'\(path)' was changed while it was read: download it again")
        }
        state.member?.left -= Int64(got)
        state.ready += bytes
    }

    private static func entry(_ kind: TarEntry.Kind, _ names: [[UInt8]], _ status: FileStatus) -> TarEntry {
        let slash = UInt8(ascii: "/")
        // As tar(1) names what it packs with `.`; names that begin with a dash or a slash have no other meaning then.
        var name = Array("./".utf8) + names.joined(separator: [slash])
        if kind == .directory, name.last != slash { name.append(slash) }
        return TarEntry(
            kind, name: name, size: kind == .file ? status.size : 0, mode: status.mode,
            modifiedAt: Int64(status.modifiedAt.rounded(.down)), owner: status.owner, group: status.group)
    }

    /// For messages.
    private func shown(_ names: [[UInt8]]) -> SandboxPath {
        (try? SandboxPath(bytes: names.reduce(path.bytes) { SandboxPath.join($0, $1) })) ?? path
    }
}
