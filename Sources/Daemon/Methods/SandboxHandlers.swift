import ControlAPI
package import ControlServer
import Foundation
package import JSONRPC
import SandboxCore
package import SessionManager

/// The `sandbox.*` methods: check what came, do it in the session's sandbox under a lease, put the result on the wire.
package struct SandboxHandlers: Sendable {
    let sessions: SessionManager
    let limits: LimitSettings
    let uploads = OpenUploads()
    private let instruments: Instruments

    package init(sessions: SessionManager, limits: LimitSettings, instruments: Instruments) {
        self.sessions = sessions
        self.limits = limits
        self.instruments = instruments
    }

    package func register(in router: inout RPCRouter<ControlCall>) {
        router.on(SandboxExecute.self, execute)
        router.on(SandboxRun.self, run)
        router.on(SandboxStart.self, start)
        router.on(SandboxAttach.self, attach)
        router.on(SandboxWriteStdin.self, writeStdin)
        router.on(SandboxResize.self, resize)
        router.on(SandboxSignal.self, signal)
        router.on(SandboxStop.self, stop)
        router.on(SandboxListRuns.self, listRuns)
        router.on(SandboxRead.self, read)
        router.on(SandboxReadBytes.self, readBytes)
        router.on(SandboxWrite.self, write)
        router.on(SandboxEdit.self, edit)
        router.on(SandboxListInfo.self, list)
        router.on(SandboxGlobInfo.self, glob)
        router.on(SandboxGrepRaw.self, grep)
        router.on(SandboxExists.self, exists)
        router.on(SandboxStat.self, stat)
        router.on(SandboxMakeDirectory.self, makeDirectory)
        router.on(SandboxRemove.self, remove)
        router.on(SandboxMove.self, move)
        router.on(SandboxChangeMode.self, changeMode)
        router.on(SandboxRealpath.self, realpath)
        router.on(SandboxUpload.self, upload)
        router.on(SandboxUploadChunk.self, uploadChunk)
        router.on(SandboxUploadCommit.self, uploadCommit)
        router.on(SandboxDownload.self, download)
    }

    /// Does something in a session's sandbox.
    func inSandbox<R: Sendable>(
        _ id: String, _ operation: String, runID: String? = nil, _ call: ControlCall,
        _ body: @Sendable (any Sandbox) async throws(SandboxError) -> R
    ) async throws(SandboxError) -> R {
        let id = try SessionID(id)
        let start = ContinuousClock.now
        defer { instruments.operationEnded(operation, start.duration(to: .now)) }
        return try await sessions.withSandbox(
            id, LeasePurpose(operation, ownerUID: call.peer.uid, runID: runID), body)
    }

    /// The most bytes of both streams of a run whose output is not kept here.
    static let maximumStreamedOutput = 1 << 50

    /// The most bytes whose base64 form fits one message beside its other members.
    var maximumMessageContent: Int { (limits.maxMessageBytes - 65_536) / 4 * 3 }
}
