package import JSONRPC

/// Sends a signal to a run's process group. An unknown or finished run is success.
package enum SandboxSignal: RPCMethod {
    package static let name = "sandbox.signal"

    package struct Params: SessionParams {
        package var sessionID: String
        package var runID: String
        /// A name of signal(7), with or without `SIG`.
        package var signal: String

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case sessionID = "session_id"
            case runID = "run_id"
            case signal
        }

        package init(sessionID: String, runID: String, signal: String) {
            self.sessionID = sessionID
            self.runID = runID
            self.signal = signal
        }
    }

    package typealias Result = EmptyResult
}
