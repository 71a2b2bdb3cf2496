/// One running sandbox: what every backend and mode provides, whatever is behind it.
///
/// Every method may throw `sandboxGone` (the backend's own word), `backendUnavailable` (no answer, says nothing about
/// the sandbox), `deadlineExceeded` and `cancelled`; file methods throw `file` with the texts of the specification.
/// Cancelling the calling task ends the operation, and for `run` and `execute` the process group in the sandbox.
package protocol Sandbox: Sendable {
    /// The directory that relative paths resolve against.
    var workDirectory: String { get }

    /// The same sandbox, with these variables for everything that is run through it from now on. A backend whose exec
    /// server cannot add any gives the sandbox as it is; its profiles have no pools.
    func adding(environment: [String: String]) -> any Sandbox

    /// Runs a shell line (`sh -c`). Failures of the run itself are results (`Error: …`, exit code 1); it throws only
    /// for the session (gone, unavailable before anything ran) and for cancellation.
    func execute(_ command: String, timeout: Duration) async throws(SandboxError) -> ExecuteResult

    /// Runs one process. `onOutput` is awaited chunk by chunk: while it waits, the process's output waits.
    /// Throws `outcomeUnknown` when the process ran or may have run and its end was not seen.
    func run(
        _ request: RunRequest, onOutput: @Sendable (OutputChunk) async throws(SandboxError) -> Void
    ) async throws(SandboxError) -> RunEnd

    /// Starts one process that goes on without the caller, under the request's `runID`. A repeat with an id that is
    /// known starts nothing and returns false.
    func start(_ request: RunRequest) async throws(SandboxError) -> Bool

    /// Hands over a started run's output from `offsets` on, as `run` does, and then its end; any number of callers may,
    /// before its end and after. Leaving does not end the run. While somebody is attached, the process waits for the
    /// slowest; otherwise the oldest output over the sandbox's limit is dropped.
    ///
    /// Throws `outcomeUnknown` for a run that the sandbox does not know (any more), and `invalid` for offsets that are
    /// not kept or not reached.
    func attach(
        _ runID: String, from offsets: OutputOffsets,
        onOutput: @Sendable (OutputChunk) async throws(SandboxError) -> Void
    ) async throws(SandboxError) -> RunEnd

    /// Writes to a run's stdin, and closes it behind that where `isLast`. Returns when the process, or a short queue
    /// before it, has taken everything: the bytes written so far, which are the next call's `offset`.
    ///
    /// `offset`: bytes written before these (those of the request's own `stdin` not counted); what it overlaps with
    /// earlier calls is not written again. Nil appends. Throws `conflict` for a gap, and where stdin is closed.
    func writeInput(
        _ runID: String, _ bytes: [UInt8], offset: Int?, isLast: Bool
    ) async throws(SandboxError) -> Int

    /// Of a run with a terminal. An unknown or finished run is success.
    func resize(_ runID: String, to size: TerminalSize) async throws(SandboxError)

    /// Sends a signal (1…64) to the run's process group; with a terminal, to the group in its foreground. An unknown or
    /// finished run is success.
    func signal(_ runID: String, _ signal: Int32) async throws(SandboxError)

    /// TERM to the run's processes, 2 s, KILL; answers at once. An unknown or finished run is success.
    func stop(_ runID: String) async throws(SandboxError)

    /// Waits until a started run has ended, but not much longer than `time`, and not at all for an unknown one; which it
    /// was, `runs` tells.
    func waitForEnd(of runID: String, within time: Duration) async throws(SandboxError)

    /// What the sandbox uses now; nil where nobody in it can tell.
    func usage() async throws(SandboxError) -> SandboxUsage?

    /// The runs that go on and the latest that ended, oldest first.
    func runs() async throws(SandboxError) -> [RunStatus]

    /// Lines `offset`…`offset + limit` (0-based). A file with a NUL byte in its first 8000 bytes is `binary`.
    func readLines(_ path: SandboxPath, offset: Int, limit: Int) async throws(SandboxError) -> LineSlice

    /// At most `length` bytes from `offset`; an offset at or past the end gives none.
    func readBytes(_ path: SandboxPath, offset: Int64, length: Int) async throws(SandboxError) -> ByteSlice

    /// Exact bytes; parents are created; atomic (temporary file and rename in the same directory); an existing file
    /// keeps its mode unless `mode` is given; writes through a symlink. Returns the number of bytes written.
    func write(_ path: SandboxPath, contents: [UInt8], mode: UInt32?) async throws(SandboxError) -> Int

    /// Replaces bytes in one atomic step. Returns how many occurrences were replaced.
    func edit(
        _ path: SandboxPath, replacing old: [UInt8], with new: [UInt8], replacesAll: Bool
    ) async throws(SandboxError) -> Int

    /// Directories first, then by name's bytes; dotfiles included, `.` and `..` not.
    func list(_ path: SandboxPath) async throws(SandboxError) -> FileListing

    /// Regular files below `root` that match; `""`, `"."` and `"/"` as the root mean `workDirectory`. By path's bytes.
    func glob(_ pattern: String, root: SearchRoot) async throws(SandboxError) -> FileListing

    func grep(_ query: GrepQuery) async throws(SandboxError) -> GrepResult

    /// True for a regular file or a symlink to one.
    func exists(_ path: SandboxPath) async throws(SandboxError) -> Bool

    /// Follows a symlink at the end of `path` only where `followsLink`.
    func stat(_ path: SandboxPath, followsLink: Bool) async throws(SandboxError) -> FileInfo

    /// Makes a directory; with `withParents` also those above it, and one that is there already is success (else
    /// `exists`). `mode` nil is 0777 less the umask.
    func makeDirectory(_ path: SandboxPath, mode: UInt32?, withParents: Bool) async throws(SandboxError)

    /// Removes a file, a symlink itself, an empty directory, or with `recursively` all below one. Throws `not_found`,
    /// and `invalid` for a directory that is not empty.
    func remove(_ path: SandboxPath, recursively: Bool) async throws(SandboxError)

    /// Renames in one step within a file system; copies a file, never a directory, from one to another. Throws `exists`
    /// where there is something at `target`, unless `replaces`.
    func move(_ path: SandboxPath, to target: SandboxPath, replaces: Bool) async throws(SandboxError)

    /// Follows symlinks.
    func changeMode(_ path: SandboxPath, to mode: UInt32) async throws(SandboxError)

    /// Absolute, without links, `.` and `..`; everything on the way must exist.
    func realPath(_ path: SandboxPath) async throws(SandboxError) -> [UInt8]

    /// Returns the upload's id. One that gets no bytes for `FileLimits.uploadIdleSeconds` is dropped.
    func beginUpload(_ request: UploadRequest) async throws(SandboxError) -> String

    /// Adds bytes, at most `FileLimits.maximumUploadChunkBytes`, and returns the bytes received so far. `offset`: bytes
    /// received before these; a repeated piece is not added again, a gap is `conflict`; nil appends.
    func appendUpload(_ id: String, _ bytes: [UInt8], offset: Int64?) async throws(SandboxError) -> Int64

    /// Puts everything in its place: a file in one step; of a tar stream each file in one step, and a directory that
    /// was not there whole. After an error nothing has changed, unless the message says so.
    func commitUpload(_ id: String) async throws(SandboxError) -> TransferResult

    /// Drops an upload; an unknown one is success.
    func dropUpload(_ id: String) async throws(SandboxError)

    /// Hands over a file or a directory piece by piece; while `onChunk` waits, so does the sandbox. The first argument
    /// is the number of bytes before the piece. Throws `conflict` for a file that changed meanwhile.
    func download(
        _ request: DownloadRequest, onChunk: @Sendable (Int64, [UInt8]) async throws(SandboxError) -> Void
    ) async throws(SandboxError) -> TransferResult
}

extension Sandbox {
    package func adding(environment: [String: String]) -> any Sandbox { self }
}
