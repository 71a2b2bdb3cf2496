import ArgumentParser
import ControlAPI
import ControlClient

struct DoctorCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Finds what is wrong, and mends what can be mended.",
        discussion: """
            Compares the sessions with the backend's sandboxes, checks the store, the rights on the cluster and the \
            socket. --fix deletes sandboxes that no session knows, records sessions whose sandbox is gone, labels \
            sandboxes anew and removes a socket that nobody serves on. Rights are granted on the cluster: their YAML \
            is printed. Fails when something is wrong that was not mended.
            """)

    /// Deletions are waited for.
    private static let timeout: Duration = .seconds(600)

    @ParentCommand var root: PodkeeperCommand
    @OptionGroup var options: GlobalOptions

    @Flag(help: "Mend what can be mended.")
    var fix = false

    func run(_ context: CommandContext) async throws -> Int32 {
        let result = try await context.client.call(
            DaemonDoctor.self, DaemonDoctor.Params(fix: fix), timeout: Self.timeout)
        return try show(result, context.renderer)
    }

    func run(without daemon: ControlClientError, at path: String, _ output: Renderer) throws -> Int32 {
        let check = DaemonDoctor.Result.Check(name: "daemon", ok: false, detail: daemon.description)
        guard daemon.code == .notListening else {
            return try show(DaemonDoctor.Result(differences: [], checks: [check]), output)
        }
        var stale = DaemonDoctor.Result.Difference(
            kind: "stale_socket", sessionID: nil, sandbox: nil, detail: "nobody serves on \(path)",
            action: "remove the file; podkeeperd makes it anew when it starts", fixed: false)
        if fix {
            do {
                try StaleSocket.remove(path)
                stale.fixed = true
            } catch {
                stale.detail += "; that failed: \(error.message)"
            }
        }
        return try show(DaemonDoctor.Result(differences: [stale], checks: [check]), output)
    }

    private func show(_ result: DaemonDoctor.Result, _ output: Renderer) throws -> Int32 {
        let (failed, left) = (result.checks.filter { !$0.ok }, result.differences.filter { !$0.fixed })
        try output.show(result, names: result.differences.compactMap { $0.sessionID ?? $0.sandbox }) {
            let checks = result.checks.map { Printable.text("\($0.ok ? "ok    " : "WRONG ") \($0.name): \($0.detail)") }
            let differences = result.differences.map { Self.text($0) }
            return (checks + differences).joined(separator: "\n")
        }
        if failed.isEmpty, result.differences.isEmpty {
            output.remark("nothing is wrong")
        } else if !left.isEmpty, !fix {
            output.remark("\(Count.text(left.count, "difference")); podkeeper doctor --fix mends what can be mended")
        }
        return failed.isEmpty && left.isEmpty ? 0 : 1
    }

    private static func text(_ difference: DaemonDoctor.Result.Difference) -> String {
        let names = [difference.sessionID.map { "session \($0)" }, difference.sandbox.map { "sandbox \($0)" }]
        let subject = names.compactMap(\.self).joined(separator: ", ")
        let lines = [
            "\(difference.fixed ? "FIXED " : "WRONG ") \(difference.kind)\(subject.isEmpty ? "" : ": \(subject)")",
            "        \(difference.detail)", "        \(difference.fixed ? "done" : "to do"): \(difference.action)",
        ]
        return lines.map(Printable.text).joined(separator: "\n")
    }
}
