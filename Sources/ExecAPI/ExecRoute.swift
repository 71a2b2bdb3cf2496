/// Every path that podkeeper-execd answers.
///
/// All are `POST` with a JSON body except where said, and all but `health` need `ExecHeader.token`.
package enum ExecRoute: String, CaseIterable, Sendable {
    /// `GET`; no token; answers `{"ready":true}`.
    case health = "/health"

    // The reference's wire: kept so that either side can be exchanged for the reference's own.
    case referenceExec = "/exec"
    case referenceRead = "/read"
    case referenceReadBytes = "/read_bytes"
    case referenceWrite = "/write"
    case referenceEdit = "/edit"
    case referenceList = "/ls"
    case referenceGlob = "/glob"
    case referenceGrep = "/grep"
    case referenceExists = "/exists"

    /// `RunBody` to a stream of `RunFrame`s.
    case run = "/v1/run"
    /// `RunBody` to `StartResult`; the process goes on without the connection.
    case start = "/v1/start"
    /// `AttachBody` to a stream of `RunFrame`s.
    case attach = "/v1/attach"
    /// `InputBody` to `InputResult`.
    case input = "/v1/stdin"
    /// `ResizeBody` to `{}`.
    case resize = "/v1/resize"
    /// `SignalBody` to `{}`.
    case signal = "/v1/signal"
    /// `StopBody` to `{}`.
    case stop = "/v1/stop"
    /// `WaitBody` to `{}`, once a run of `start` has ended or the time is over.
    case wait = "/v1/wait"
    /// `GET`; answers `RunsResult`.
    case runs = "/v1/runs"
    /// `GET`; answers `InfoResult`.
    case info = "/v1/info"
    /// `GET`; answers `UsageResult`.
    case usage = "/v1/usage"
    /// `ReadLinesBody` to `LinesResult`.
    case readLines = "/v1/read_lines"
    /// `ReadBytesBody` to the raw bytes and `ExecHeader.fileSize`.
    case readBytes = "/v1/read_bytes"
    /// Raw bytes with `ExecHeader.path` (and `ExecHeader.mode`) to `WriteResult`.
    case write = "/v1/write"
    /// `EditBody` to `EditResult`.
    case edit = "/v1/edit"
    /// `PathBody` to `ListingResult`.
    case list = "/v1/ls"
    /// `GlobBody` to `ListingResult`.
    case glob = "/v1/glob"
    /// `GrepBody` to `GrepResultBody`.
    case grep = "/v1/grep"
    /// `PathBody` to `ExistsResult`.
    case exists = "/v1/exists"
    /// `StatBody` to `StatResult`.
    case stat = "/v1/stat"
    /// `MakeDirectoryBody` to `{}`.
    case makeDirectory = "/v1/mkdir"
    /// `RemoveBody` to `{}`.
    case remove = "/v1/remove"
    /// `MoveBody` to `{}`.
    case move = "/v1/move"
    /// `ChangeModeBody` to `{}`.
    case changeMode = "/v1/chmod"
    /// `PathBody` to `RealPathResult`.
    case realPath = "/v1/realpath"
    /// `UploadBody` to `UploadResult`.
    case upload = "/v1/upload"
    /// Raw bytes with `ExecHeader.upload` (and `ExecHeader.offset`) to `ReceivedResult`.
    case uploadChunk = "/v1/upload/chunk"
    /// `UploadIDBody` to `TransferResultBody`.
    case uploadCommit = "/v1/upload/commit"
    /// `UploadIDBody` to `{}`.
    case uploadDrop = "/v1/upload/drop"
    /// `DownloadBody` to a stream of `RunFrame`s: the bytes as stdout, then `DownloadEndBody` as the outcome.
    case download = "/v1/download"

    /// The one method of the route.
    package var method: String {
        switch self {
        case .health, .info, .runs, .usage: "GET"
        default: "POST"
        }
    }
}
