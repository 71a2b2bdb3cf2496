import Failpoints
import Glibc
package import SandboxCore
package import SessionManager
import Synchronization

extension LocalProvider {
    private static let termLimit = Duration.seconds(2)
    private static let killLimit = Duration.seconds(5)
    private static let strayPause = Duration.milliseconds(20)
    private static let strayRounds = 250

    /// Goes on to its end when the calling task is cancelled.
    package func discard(_ target: DiscardTarget) async throws(SandboxError) {
        try StateLayout.check(name: target.name)
        let path = layout.record(target.name)
        let record: SandboxRecord
        switch try await work.run({ () throws(SandboxError) in RecordFile.read(path) }) {
        case .record(let found): record = found
        case .missing where !DirectoryListing.exists(layout.directory(target.name)): return
        case .missing, .unreadable:
            throw .backendUnavailable(
                "whether sandbox \(target.name) still runs cannot be told: '\(path)' cannot be read. Look for its "
                    + "processes, then remove its directory by hand")
        }
        // Another sandbox has the name: this one is gone, that one is not ours to touch.
        guard record.instance == settings.instance, record.nonce == target.nonce, target.uid ?? record.uid == record.uid
        else { return }
        state.withLock { _ = $0.discarding.insert(record.uid) }
        defer {
            state.withLock { state in
                state.discarding.remove(record.uid)
                state.running[record.uid] = nil
            }
        }
        try await end(record)
        Failpoint.reach("local_before_removal")
        try await removals.run { [self] () throws(SandboxError) in try remove(record.name) }
    }

    /// Returns when no process of the sandbox is left.
    private func end(_ record: SandboxRecord) async throws(SandboxError) {
        var known = state.withLock { $0.running[record.uid] }
        if known == nil { known = try Self.watch(record) }
        let mark = ProcessTable.Mark(socket: layout.socket(record.name), uid: record.uid)
        if let running = known {
            let initial = running.processes.initial
            initial.signal(SIGTERM)
            if await initial.waitForExit(Self.termLimit) == nil {
                // Of plain processes, init's death would leave its children to the host's init, and out of sight.
                if record.isolation == .none { _ = try await killStrays(mark, below: initial.identity.pid) }
                initial.signal(SIGKILL)
                guard await initial.waitForExit(Self.killLimit) != nil else {
                    throw .backendUnavailable("process \(initial.identity.pid) of \(record.name) does not end")
                }
            }
            _ = await running.processes.outer?.waitForExit(Self.killLimit)
        }
        for _ in 0..<Self.strayRounds {
            if try await killStrays(mark, below: nil) == 0 { return }
            await pause()
        }
        throw .backendUnavailable("processes of \(record.name) do not end")
    }

    private func killStrays(_ mark: ProcessTable.Mark, below root: Int32?) async throws(SandboxError) -> Int {
        try await work.run { () throws(SandboxError) in ProcessTable.kill(mark, below: root) }
    }

    /// Unlike `Task.sleep`, in a cancelled task too.
    private func pause() async {
        await Task { try? await Task.sleep(for: Self.strayPause) }.value
    }

    /// The record goes last: whatever interrupts this, it is found again and done again.
    private func remove(_ name: String) throws(SandboxError) {
        try DirectoryRemoval.remove(layout.workspace(name))
        try DirectoryRemoval.remove(layout.pinnedSocket(name))
        try DirectoryRemoval.remove(layout.socketDirectory(name))
        Failpoint.reach("local_workspace_removed")
        let old = LeftoverDirectory.path(layout, name)
        guard rename(layout.directory(name), old) == 0 else {
            if errno == ENOENT { return }
            throw SandboxError(.internal, "cannot remove '\(layout.directory(name))': \(SystemError.current)")
        }
        Failpoint.reach("local_record_moved")
        try DirectoryRemoval.remove(old)
    }
}
