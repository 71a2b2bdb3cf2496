package import JSONRPC

/// Writes to a run's stdin, and waits until the process or a short queue before it has taken everything.
///
/// A run of `sandbox.run` can be written to once `sandbox.list_runs` shows it.
package enum SandboxWriteStdin: RPCMethod {
    package static let name = "sandbox.write_stdin"

    package struct Params: SessionParams {
        package var sessionID: String
        package var runID: String
        package var data: String?
        /// In place of `data`, for bytes that are not UTF-8.
        package var dataBase64: String?
        /// Closes stdin after the data.
        package var eof: Bool?

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case sessionID = "session_id"
            case runID = "run_id"
            case data
            case dataBase64 = "data_b64"
            case eof
        }

        package init(sessionID: String, runID: String, data: String? = nil, dataBase64: String? = nil, eof: Bool? = nil)
        {
            self.sessionID = sessionID
            self.runID = runID
            self.data = data
            self.dataBase64 = dataBase64
            self.eof = eof
        }
    }

    package typealias Result = EmptyResult
}
