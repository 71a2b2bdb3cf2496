import ArgumentParser
import ControlAPI
import ControlClient
import JSONRPC

struct KillCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "kill", abstract: "Ends sessions and deletes their sandboxes.",
        discussion: """
            Names them, or says which with --selector, --idle-longer-than, --state, --owner and --profile, all of which \
            must hold, or --all. What is not named is asked for first; --yes is the answer of scripts. Fails when one \
            of them could not be ended or was not there.
            """)

    /// How long the backend may take to confirm that a sandbox is gone.
    private static let timeout: Duration = .seconds(300)
    /// Sessions that are ended at the same time.
    private static let width = 16

    @ParentCommand var root: PodkeeperCommand
    @OptionGroup var options: GlobalOptions

    @OptionGroup var selection: SessionSelection

    @Argument(help: ArgumentHelp("The sessions.", valueName: "id"))
    var sessionIDs: [String] = []

    @Flag(help: "Every session there is.")
    var all = false

    @Flag(name: [.customShort("y"), .long], help: "Do not ask.")
    var yes = false

    func validate() throws {
        guard [!sessionIDs.isEmpty, all, !selection.isEmpty].count(where: \.self) == 1 else {
            throw ValidationError("name sessions, or say which with options such as --selector, or --all; one of these")
        }
    }

    /// What became of one session.
    private struct Report: Encodable, Sendable {
        var sessionID: String
        var released: Bool
        var error: RPCError?

        enum CodingKeys: String, CodingKey {
            case sessionID = "session_id"
            case released, error
        }
    }

    func run(_ context: CommandContext) async throws -> Int32 {
        var sessionIDs = sessionIDs
        if sessionIDs.isEmpty {
            sessionIDs = try await selection.sessions(context.client).sessions.filter { $0.state != .stopping }
                .map(\.sessionID)
            guard !sessionIDs.isEmpty else {
                context.renderer.remark("no sessions")
                return 0
            }
            var isConfirmed = yes
            if !yes { isConfirmed = try await context.terminal.confirms("kill \(Self.excerpt(sessionIDs))?") }
            guard isConfirmed else {
                context.terminal.complain("podkeeper: nothing was killed")
                return 1
            }
        }
        let reports = try await releaseAll(sessionIDs, context)
        try context.renderer.show(reports, names: reports.filter(\.released).map(\.sessionID)) {
            context.renderer.text(
                Table(heading: ["SESSION", "RESULT"], rows: reports.map { [$0.sessionID, Self.result($0)] }))
        }
        for report in reports {
            guard let error = report.error else { continue }
            context.terminal.complain("podkeeper: \(Printable.text("\(report.sessionID): \(error.message)"))")
        }
        let released = reports.count { $0.released }
        context.renderer.remark("\(released) of \(reports.count) killed")
        return released == reports.count ? 0 : 1
    }

    private static func excerpt(_ ids: [String]) -> String {
        guard ids.count > 5 else { return ids.map(Printable.text).joined(separator: ", ") }
        return "\(ids.count) sessions, \(ids.prefix(3).map(Printable.text).joined(separator: ", ")) among them"
    }

    private static func result(_ report: Report) -> String {
        if report.released { return "killed" }
        return report.error == nil ? "was not there" : "failed"
    }

    /// In the order of the arguments, whatever ends first.
    private func releaseAll(_ sessionIDs: [String], _ context: CommandContext) async throws -> [Report] {
        try await withThrowingTaskGroup(of: (Int, Report).self) { group in
            var reports = [Report?](repeating: nil, count: sessionIDs.count)
            var next = 0
            while next < min(Self.width, sessionIDs.count) {
                addRelease(next, of: sessionIDs, context, to: &group)
                next += 1
            }
            while let (index, report) = try await group.next() {
                reports[index] = report
                guard next < sessionIDs.count else { continue }
                addRelease(next, of: sessionIDs, context, to: &group)
                next += 1
            }
            return reports.compactMap(\.self)
        }
    }

    private func addRelease(
        _ index: Int, of sessionIDs: [String], _ context: CommandContext,
        to group: inout ThrowingTaskGroup<(Int, Report), any Error>
    ) {
        let id = sessionIDs[index]
        group.addTask { (index, try await Self.release(id, context)) }
    }

    private static func release(_ id: String, _ context: CommandContext) async throws -> Report {
        do {
            let result = try await context.client.call(
                SessionRelease.self, SessionRelease.Params(sessionID: id, reason: "podkeeper kill"), timeout: timeout)
            return Report(sessionID: id, released: result.released)
        } catch let error as RPCError {
            // This one failed; the others need not. A lost connection ends them all.
            return Report(sessionID: id, released: false, error: error)
        }
    }
}
