import Glibc
package import SandboxCore
import Synchronization

/// A file being written: nothing is to be seen at its path before `commit`, which replaces what is there in one step.
///
/// The bytes go to a temporary file in the target's own directory, since rename(2) is atomic only within a file system.
/// There is no fsync: a sandbox's files live as long as the sandbox, so what counts is that no reader and no full disk
/// ever leaves half a file, not what a power cut leaves. An existing file keeps its mode, and its owner as far as we may
/// give files away; hard links to it keep the old contents. An uncommitted writer that goes away leaves nothing behind.
package final class AtomicFileWriter: UploadSink {
    private struct State: ~Copyable {
        var temporary: Temporary?
        var size = 0
    }

    private struct Temporary: ~Copyable {
        let target: FileTarget
        let file: Descriptor
        let name: [UInt8]
    }

    private let path: SandboxPath
    private let locks: PathLocks
    private let state: Mutex<State>

    /// Checks that the target may be written and makes the temporary file. Throws `isDirectory`, `invalid` for what is
    /// no regular file, `permissionDenied` and `noSpace`.
    init(target: consuming FileTarget, mode: UInt32?, locks: PathLocks) throws(SandboxError) {
        let path = target.path
        self.path = path
        self.locks = locks
        let existing = try Self.existing(target)
        do {
            let name = Self.temporaryName()
            // Never readable by more than the target is, not even for a moment. A new file's mode is the umask's.
            let birthMode: mode_t = existing == nil && mode == nil ? 0o666 : 0o600
            let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
            let file = try FileSystem.open(name, in: target.directory.raw, flags, mode: birthMode)
            let temporary = Temporary(target: target, file: file, name: name)
            self.state = Mutex(State(temporary: temporary))
        } catch {
            throw error.error(for: path)
        }
        do {
            try state.withLock { state throws(SystemFailure) in
                guard let file = state.temporary?.file.raw else { return }
                try Self.applyAttributes(to: file, existing: existing, mode: mode)
            }
        } catch {
            discard()
            throw error.error(for: path)
        }
    }

    deinit { discard() }

    /// Adds bytes. After an error the temporary file is gone and nothing can be committed.
    package func append(_ bytes: [UInt8]) throws(SandboxError) {
        do {
            try state.withLock { state throws(SystemFailure) in
                guard let file = state.temporary?.file.raw else { throw SystemFailure(code: EBADF) }
                try bytes.withUnsafeBufferPointer { bytes throws(SystemFailure) in
                    try FileSystem.writeAll(UnsafeRawBufferPointer(bytes), to: file)
                }
                state.size += bytes.count
            }
        } catch {
            discard()
            if error.code == EBADF { throw Self.ended(path) }
            throw Self.tooLargeForFileSystem(error, path) ?? error.error(for: path)
        }
    }

    /// Puts the file in its place and returns its size in bytes. Works once.
    package func commit() throws(SandboxError) -> Int {
        try commit(isLocked: false)
    }

    package func finish() throws(SandboxError) { _ = try commit() }

    /// `isLocked`: the caller holds the target's lock.
    func commit(isLocked: Bool) throws(SandboxError) -> Int {
        let size = state.withLock { $0.size }
        guard let temporary = state.withLock({ $0.temporary.take() }) else { throw Self.ended(path) }
        let (directory, name, target) = (temporary.target.directory.raw, temporary.name, temporary.target.name)
        do {
            try temporary.file.closeReporting()
            if isLocked {
                try FileSystem.rename(name, to: target, in: directory)
            } else {
                try locks.withLock(temporary.target.key) { () throws(SystemFailure) in
                    try FileSystem.rename(name, to: target, in: directory)
                }
            }
        } catch {
            try? FileSystem.remove(name, in: directory)
            throw error.error(for: path)
        }
        return size
    }

    /// Drops the temporary file; nothing happens after `commit`.
    package func discard() {
        state.withLock { state in
            guard let temporary = state.temporary.take() else { return }
            try? FileSystem.remove(temporary.name, in: temporary.target.directory.raw)
        }
    }

    private static func existing(_ target: borrowing FileTarget) throws(SandboxError) -> FileStatus? {
        let path = target.path
        do {
            let status = try FileSystem.status(of: target.name, in: target.directory.raw, followsLink: false)
            if status.isDirectory { throw SandboxError.isDirectory(path) }
            guard status.isRegular else { throw SandboxError.notRegularFile(path) }
            // rename(2) would replace a read-only file without a word.
            try FileSystem.requireWritable(target.name, in: target.directory.raw)
            return status
        } catch let failure as SystemFailure {
            if failure.code == ENOENT { return nil }
            throw failure.error(for: path)
        } catch {
            throw SandboxError(wrapping: error)
        }
    }

    private static func applyAttributes(
        to file: Int32, existing: FileStatus?, mode: UInt32?
    ) throws(SystemFailure) {
        var wanted = mode
        if let existing {
            wanted = mode ?? existing.mode
            let own = try FileSystem.status(of: file)
            let isOurs = own.owner == existing.owner && own.group == existing.group
            // Before fchmod: chown(2) clears the set-user-ID bits. They must not name another owner than they did.
            if !isOurs, fchown(file, existing.owner, existing.group) != 0 { wanted = wanted.map { $0 & 0o1777 } }
        }
        guard let wanted else { return }
        _ = try SystemCall.retrying { fchmod(file, mode_t(wanted)) }
    }

    private static func ended(_ path: SandboxPath) -> SandboxError {
        .fileFailure(path, "this write has ended already")
    }

    private static func tooLargeForFileSystem(_ failure: SystemFailure, _ path: SandboxPath) -> SandboxError? {
        guard failure.code == EFBIG else { return nil }
        return .file(.tooLarge, "'\(path)': over the largest file that the sandbox allows")
    }

    static func temporaryName() -> [UInt8] {
        // 64 random bits and O_EXCL: a clash is an error, never somebody else's file.
        let digits = String(UInt64.random(in: .min ... .max), radix: 16)
        return Array((".podkeeper-" + String(repeating: "0", count: 16 - digits.utf8.count) + digits).utf8)
    }
}
