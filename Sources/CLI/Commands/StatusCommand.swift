import ArgumentParser
import ControlAPI
import ControlClient
import JSONRPC

struct StatusCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows the daemon and how it is.",
        discussion: "Fails when its store or its backend is not well.")

    @ParentCommand var root: PodkeeperCommand
    @OptionGroup var options: GlobalOptions

    func run(_ context: CommandContext) async throws -> Int32 {
        let status = try await context.client.call(
            DaemonStatus.self, NoParams(), timeout: CommandContext.answerTimeout)
        let age = SessionView(now: context.terminal.now()).age(status.startedAt)
        try context.renderer.show(status, names: [status.instanceID]) { FieldList(Self.fields(status, age)).text }
        return status.store.ok && status.cluster.ok ? 0 : 1
    }

    private static func fields(_ status: DaemonStatus.Result, _ age: String) -> [(String, String?)] {
        let limits = status.limits
        let states = status.sessions.filter { $0.value > 0 }.sorted { $0.key < $1.key }
        return [
            ("Version", "\(status.version) (API \(status.apiVersion))"),
            ("Instance", status.instanceID),
            ("PID", String(status.pid)),
            ("Started", "\(status.startedAt.text) (\(age) ago)"),
            ("Backend", status.backend),
            ("Isolation", status.isolation),
        ] + (status.backendDetails ?? [:]).sorted { $0.key < $1.key }.map { ("  \($0.key)", $0.value) } + [
            ("Draining", status.draining ? "yes: no new sessions (podkeeper drain --off ends it)" : nil),
            ("Sessions", states.isEmpty ? "none" : states.map { "\($0.value) \($0.key)" }.joined(separator: ", ")),
            ("Deletions due", status.pendingDeletions == 0 ? nil : String(status.pendingDeletions)),
            ("Session limit", String(limits.maxSessions)),
            ("  per owner", limits.maxSessionsPerOwner.map { String($0) } ?? "none"),
            ("  starting", String(limits.maxStarting)),
            ("Max timeout", Age.precise(limits.maxTimeout)),
            ("Store", health(status.store)),
            ("Cluster", health(status.cluster)),
        ]
    }

    private static func health(_ health: DaemonStatus.Result.Health) -> String {
        (health.ok ? "ok" : "NOT OK") + (health.detail.map { ": \($0)" } ?? "")
    }
}
