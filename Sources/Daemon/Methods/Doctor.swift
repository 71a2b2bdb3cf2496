import ControlAPI
import ControlServer
import KubernetesSandbox
import SandboxCore
import SessionManager

/// `daemon.doctor`: every look is a fresh one.
struct Doctor: Sendable {
    let sessions: SessionManager
    let provider: any SandboxProvider

    func examine(_ params: DaemonDoctor.Params, _ call: ControlCall) async -> DaemonDoctor.Result {
        var result = DaemonDoctor.Result(differences: [], checks: [await store(), quarantine()])
        do throws(SandboxError) {
            result.differences = try await sessions.diagnose(fixing: params.fix ?? false).map { diagnosis in
                .init(
                    kind: diagnosis.kind.rawValue, sessionID: diagnosis.sessionID?.rawValue,
                    sandbox: diagnosis.sandbox, detail: diagnosis.detail, action: diagnosis.action,
                    fixed: diagnosis.isFixed)
            }
            result.checks.append(.init(name: "backend", ok: true, detail: "the \(provider.backend) backend answers"))
        } catch {
            result.checks.append(.init(name: "backend", ok: false, detail: error.message))
        }
        if let cluster = provider as? KubernetesProvider { result.checks += await rights(cluster) }
        if provider.isolation == "none" {
            result.checks.append(
                .init(
                    name: "isolation", ok: false,
                    detail: "commands run as plain processes with all rights of the daemon's user: install bubblewrap"))
        }
        return result
    }

    private func store() async -> DaemonDoctor.Result.Check {
        do throws(SandboxError) {
            _ = try await sessions.history(HistoryQuery(limit: 1))
            return .init(name: "store", ok: true, detail: "the store answers")
        } catch {
            return .init(name: "store", ok: false, detail: error.message)
        }
    }

    private func quarantine() -> DaemonDoctor.Result.Check {
        let rows = sessions.quarantinedRows
        return .init(
            name: "quarantine", ok: rows == 0,
            detail: rows == 0
                ? "every row of the store could be read"
                : "\(rows) rows could not be read; they are in the store's table 'quarantine', and sandboxes of theirs "
                    + "are left alone")
    }

    private func rights(_ cluster: KubernetesProvider) async -> [DaemonDoctor.Result.Check] {
        // What it throws, it keeps as well.
        try? await cluster.checkRights()
        let missing = cluster.missingRights
        guard !missing.isEmpty else {
            return [.init(name: "rights", ok: true, detail: "the cluster lets the daemon do all that it needs")]
        }
        return missing.map { .init(name: "rights", ok: false, detail: $0.text) }
    }
}
