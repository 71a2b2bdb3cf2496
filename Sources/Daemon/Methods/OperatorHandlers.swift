import ControlAPI
import ControlServer
import JSONRPC
import SandboxCore
import SessionManager

/// What operators do to the daemon itself.
struct OperatorHandlers: Sendable {
    let sessions: SessionManager
    let reloader: ConfigurationReloader
    let order: ShutdownOrder

    func register(in router: inout RPCRouter<ControlCall>) {
        router.on(DaemonDrain.self, drain)
        router.on(DaemonReload.self, reload)
        router.on(DaemonShutdown.self, shutdown)
    }

    private func drain(_ params: DaemonDrain.Params, _: ControlCall) async throws -> DaemonDrain.Result {
        let isDraining = params.enabled ?? true
        sessions.drain(isDraining)
        return DaemonDrain.Result(draining: isDraining)
    }

    private func reload(_: NoParams, _: ControlCall) async throws -> DaemonReload.Result {
        do {
            return try reloader.reload()
        } catch {
            throw SandboxError.invalid("the configuration stays as it was: \(ErrorText.line(error))")
        }
    }

    private func shutdown(_ params: DaemonShutdown.Params, _: ControlCall) async throws -> EmptyResult {
        await order.give(releases: params.sessions.map { $0 == .release })
        return EmptyResult()
    }
}
