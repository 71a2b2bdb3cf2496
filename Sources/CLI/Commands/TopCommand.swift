import ArgumentParser
import ControlAPI
import ControlClient
import Foundation
import Synchronization

struct TopCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "Shows what the sessions use, live; q quits.",
        discussion: """
            While podkeeperd is away it says so and waits. Without a terminal, and with -o json or yaml, it prints once \
            and ends.
            """)

    enum Sort: String, CaseIterable, ExpressibleByArgument { case cpu, memory, leases, idle, name }

    @ParentCommand var root: PodkeeperCommand
    @OptionGroup var options: GlobalOptions
    @OptionGroup var selection: SessionSelection

    @Option(help: "What comes first: cpu, memory, leases, idle (the least idle) or name.")
    var sort = Sort.cpu

    @Option(help: ArgumentHelp("How often to look.", valueName: "seconds"))
    var interval: Seconds?

    func run(_ context: CommandContext) async throws -> Int32 {
        let meter = Mutex(CPUMeter())
        @Sendable func rows(_ client: ControlClient) async throws -> ([TopRow], total: Int) {
            let found = try await selection.sessions(client, withUsage: true)
            let rows = meter.withLock { meter in found.sessions.map { TopRow(session: $0, cpu: meter.share(of: $0)) } }
            return (rows.sorted { TopRow.precedes($0, $1, by: sort) }, found.total)
        }
        guard context.renderer.format == .table, context.terminal.console.isOutputTerminal else {
            let sessions = try await rows(context.client).0.map(\.session)
            try context.renderer.show(sessions, names: sessions.map(\.sessionID)) {
                context.renderer.text(TopRow.table(sessions.map { TopRow(session: $0, cpu: nil) }))
            }
            return 0
        }
        let screen = LiveScreen(terminal: context.terminal, interval: interval?.duration ?? .seconds(2))
        let daemon = LastingClient(context)
        return try await screen.run {
            try await daemon.ask { client in
                let (rows, total) = try await rows(client)
                return Self.lines(rows, total: total, context)
            }
        }
    }

    private static func lines(_ rows: [TopRow], total: Int, _ context: CommandContext) -> [String] {
        let held = rows.filter { $0.session.state == .ready }.count
        let memory = rows.reduce(0) { $0 + ($1.session.usage?.memoryBytes ?? 0) }
        let clock = Timestamp(context.terminal.now()).text
        let head =
            "\(Count.text(total, "session")), \(held) ready, \(Size.text(memory)) of memory    \(clock)    q quits"
        let table = context.renderer.text(TopRow.table(rows))
        return [head, ""] + table.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
}

/// How much of a processor each session had between two looks.
private struct CPUMeter {
    private var last: [String: (seconds: Double, at: Date)] = [:]

    /// 1 is one whole processor; nil at the first look and after a restart of the sandbox.
    mutating func share(of session: Session) -> Double? {
        guard let usage = session.usage, let uid = session.sandbox.uid else { return nil }
        defer { last[uid] = (usage.cpuSeconds, usage.at.date) }
        guard let before = last[uid] else { return nil }
        let elapsed = usage.at.date.timeIntervalSince(before.at)
        guard elapsed > 0 else { return nil }
        return max(0, usage.cpuSeconds - before.seconds) / elapsed
    }
}

private struct TopRow {
    var session: Session
    var cpu: Double?

    static func precedes(_ left: TopRow, _ right: TopRow, by sort: TopCommand.Sort) -> Bool {
        func keys(_ row: TopRow) -> Double {
            switch sort {
            // Before there is a share, what has used the most so far.
            case .cpu: row.cpu ?? -1 / (1 + (row.session.usage?.cpuSeconds ?? 0))
            case .memory: Double(row.session.usage?.memoryBytes ?? -1)
            case .leases: Double(row.session.leases)
            case .idle: -row.session.idleSeconds
            case .name: 0
            }
        }
        let (first, second) = (keys(left), keys(right))
        return first == second ? left.session.sessionID < right.session.sessionID : first > second
    }

    static func table(_ rows: [TopRow]) -> Table {
        Table(
            heading: ["SESSION", "STATE", "CPU", "TIME", "MEMORY", "LIMIT", "PROCESSES", "FILES", "LEASES", "IDLE"],
            rows: rows.map { row in
                let (session, usage) = (row.session, row.session.usage)
                return [
                    session.sessionID, session.state.rawValue, row.cpu.map { "\(Int(($0 * 100).rounded()))%" } ?? "",
                    usage.map { Age.text($0.cpuSeconds) } ?? "", usage.map { Size.text($0.memoryBytes) } ?? "",
                    usage?.memoryLimit.map(Size.text) ?? "", usage.map { String($0.processes) } ?? "",
                    usage?.diskBytes.map(Size.text) ?? "", String(session.leases), Age.text(session.idleSeconds),
                ]
            })
    }
}
