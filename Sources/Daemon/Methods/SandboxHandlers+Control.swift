import ControlAPI
import ControlServer
import Foundation
import JSONRPC
import SandboxCore

// What is done to a run that goes on.
extension SandboxHandlers {
    func writeStdin(_ params: SandboxWriteStdin.Params, _ call: ControlCall) async throws(SandboxError) -> EmptyResult {
        let runID = try Self.runID(params.runID)
        let data = try Parameters.content(params.data, params.dataBase64, named: "data")
        let isLast = params.eof ?? false
        guard data != nil || isLast else { throw .invalid("data or data_b64 is missing") }
        return try await inSandbox(params.sessionID, SandboxWriteStdin.name, call) { sandbox throws(SandboxError) in
            _ = try await sandbox.writeInput(runID, data ?? [], offset: nil, isLast: isLast)
            return EmptyResult()
        }
    }

    func resize(_ params: SandboxResize.Params, _ call: ControlCall) async throws(SandboxError) -> EmptyResult {
        let runID = try Self.runID(params.runID)
        let size = try TerminalSize(columns: params.columns, rows: params.rows)
        return try await inSandbox(params.sessionID, SandboxResize.name, call) { sandbox throws(SandboxError) in
            try await sandbox.resize(runID, to: size)
            return EmptyResult()
        }
    }

    func signal(_ params: SandboxSignal.Params, _ call: ControlCall) async throws(SandboxError) -> EmptyResult {
        let runID = try Self.runID(params.runID)
        guard let number = SignalName.number(params.signal) else {
            throw .invalid("signal must be a name of signal(7), such as SIGINT; '\(params.signal)' is none")
        }
        return try await inSandbox(params.sessionID, SandboxSignal.name, call) { sandbox throws(SandboxError) in
            try await sandbox.signal(runID, number)
            return EmptyResult()
        }
    }

    func stop(_ params: SandboxStop.Params, _ call: ControlCall) async throws(SandboxError) -> EmptyResult {
        let runID = try Self.runID(params.runID)
        return try await inSandbox(params.sessionID, SandboxStop.name, call) { sandbox throws(SandboxError) in
            try await sandbox.stop(runID)
            return EmptyResult()
        }
    }

    func listRuns(
        _ params: SandboxListRuns.Params, _ call: ControlCall
    ) async throws(SandboxError) -> SandboxListRuns.Result {
        try await inSandbox(params.sessionID, SandboxListRuns.name, call) { sandbox throws(SandboxError) in
            SandboxListRuns.Result(
                runs: try await sandbox.runs().map { run in
                    .init(
                        runID: run.runID, argv: run.argv, state: run.outcome == nil ? .running : .ended,
                        exitCode: run.outcome?.wire.exitCode,
                        startedAt: Timestamp(Date(timeIntervalSince1970: run.startedAt)),
                        stdoutBytes: run.produced.stdout, stderrBytes: run.produced.stderr)
                })
        }
    }
}
