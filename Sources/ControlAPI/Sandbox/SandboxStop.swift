package import JSONRPC

/// Ends a run: TERM to its process group, a grace of 2 s, KILL. An unknown or finished run is success.
package enum SandboxStop: RPCMethod {
    package static let name = "sandbox.stop"

    package struct Params: SessionParams {
        package var sessionID: String
        package var runID: String

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case sessionID = "session_id"
            case runID = "run_id"
        }

        package init(sessionID: String, runID: String) {
            self.sessionID = sessionID
            self.runID = runID
        }
    }

    package typealias Result = EmptyResult
}
