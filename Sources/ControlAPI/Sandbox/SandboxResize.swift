package import JSONRPC

/// Tells a run's terminal its new size. An unknown or finished run is success.
package enum SandboxResize: RPCMethod {
    package static let name = "sandbox.resize"

    package struct Params: SessionParams {
        package var sessionID: String
        package var runID: String
        package var columns: Int
        package var rows: Int

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case sessionID = "session_id"
            case runID = "run_id"
            case columns = "cols"
            case rows
        }

        package init(sessionID: String, runID: String, columns: Int, rows: Int) {
            self.sessionID = sessionID
            self.runID = runID
            self.columns = columns
            self.rows = rows
        }
    }

    package typealias Result = EmptyResult
}
