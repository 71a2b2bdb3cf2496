import ExecAPI
import NIOHTTP1
import ProcessSupervisor
import SandboxCore

/// What there is to do with a run from outside its own stream.
struct RunControlRoutes: Sendable {
    let registry: RunRegistry

    /// Answers when everything was taken, or after a while with what was.
    func input(_ request: inout ExecRequest) async throws -> ExecResponse {
        let body = try await decode(InputBody.self, &request)
        guard let run = registry.run(body.runID) else { throw RunRoutes.unknown(body.runID) }
        do {
            let progress = try await run.input.write(
                body.bytes.bytes, offset: body.offset, isLast: body.isLast, within: ServerLimits.inputTime)
            return try .json(InputResult(start: progress.start, accepted: progress.accepted))
        } catch let refusal as ProcessInput.Refusal {
            let message =
                switch refusal {
                case .closed: "the stdin of run '\(body.runID)' is closed"
                case .gap(let accepted): "bytes are missing: \(accepted) were written to stdin so far"
                }
            throw ExecFailure(.conflict, .conflict, message)
        }
    }

    func resize(_ request: inout ExecRequest) async throws -> ExecResponse {
        let body = try await decode(ResizeBody.self, &request)
        registry.run(body.runID)?.control.resize(to: try RunRoutes.terminalSize(body.size))
        return .empty
    }

    func signal(_ request: inout ExecRequest) async throws -> ExecResponse {
        let body = try await decode(SignalBody.self, &request)
        guard (1...64).contains(body.signal) else { throw ExecFailure.invalid("a signal is a number from 1 to 64") }
        registry.run(body.runID)?.control.signal(body.signal)
        return .empty
    }

    /// Asks a run to end and answers at once: its end is told to whoever reads its stream.
    func stop(_ request: inout ExecRequest) async throws -> ExecResponse {
        let body = try await decode(StopBody.self, &request)
        registry.run(body.runID)?.end(.terminate)
        return .empty
    }

    /// Answers when the run has ended or the time is over. One that is unknown, or whose caller reads it, has no wait.
    func wait(_ request: inout ExecRequest) async throws -> ExecResponse {
        let body = try await decode(WaitBody.self, &request)
        let time = min(try RunRoutes.timeout(body.seconds), ServerLimits.waitTime)
        guard let spool = registry.run(body.runID)?.spool else { return .empty }
        let (leaving, left) = AsyncStream.makeStream(of: Void.self)
        await request.watch.whenClosed {
            left.finish()
        } during: {
            // Whichever comes first ends the wait.
            await withTaskGroup(of: Void.self) { tasks in
                tasks.addTask { await spool.waitForEnd() }
                tasks.addTask { try? await Task.sleep(for: time) }
                tasks.addTask { for await _ in leaving {} }
                await tasks.next()
                tasks.cancelAll()
            }
        }
        return .empty
    }

    func list() throws -> ExecResponse { try .json(RunsResult(runs: registry.all)) }

    private func decode<Body: Decodable>(_ type: Body.Type, _ request: inout ExecRequest) async throws -> Body {
        let bytes = try await request.body(limit: ExecLimits.maximumJSONBytes)
        return try JSONBody.decode(type, from: bytes)
    }
}
