import ArgumentParser
import ControlAPI
import ControlClient

/// Which sessions a command is about; all that is given must hold.
struct SessionSelection: ParsableArguments {
    /// The most that the daemon gives at a time.
    private static let pageSize = 1000

    @Option(help: "Only sessions in this state. May be given more than once.")
    var state: [Session.State] = []

    @Option(
        name: [.customLong("selector"), .customLong("label"), .customShort("l")],
        help: ArgumentHelp("Only sessions with this label. May be given more than once.", valueName: "key=value"))
    var labels: [KeyValue] = []

    @Option(help: ArgumentHelp("Only sessions of this user.", valueName: "uid"))
    var owner: UInt32?

    @Option(help: "Only sessions of this profile.")
    var profile: String?

    @Option(help: ArgumentHelp("Only sessions that have been idle for longer.", valueName: "seconds"))
    var idleLongerThan: Seconds?

    var isEmpty: Bool {
        state.isEmpty && labels.isEmpty && owner == nil && profile == nil && idleLongerThan == nil
    }

    /// The oldest sessions first, at most `limit` (up to 1000 of them, or all), and how many the daemon has.
    func sessions(
        _ client: ControlClient, limit: Int = .max, withUsage: Bool = false,
        timeout: Duration = CommandContext.answerTimeout
    ) async throws -> (sessions: [Session], total: Int) {
        // Idle times are looked at here, so every page is wanted then.
        let wanted = idleLongerThan == nil ? limit : .max
        var params = SessionList.Params(
            states: state.isEmpty ? nil : state, labels: labels.dictionary, ownerUID: owner, profile: profile,
            limit: min(wanted, Self.pageSize), usage: withUsage ? true : nil)
        var (sessions, total): ([Session], Int) = ([], 0)
        repeat {
            let page = try await client.call(SessionList.self, params, timeout: timeout)
            sessions += page.sessions
            total = page.total
            params.cursor = page.nextCursor
        } while params.cursor != nil && wanted > Self.pageSize
        if let idle = idleLongerThan?.value {
            sessions.removeAll { $0.idleSeconds <= idle || $0.leases > 0 }
            total = sessions.count
        }
        return (Array(sessions.prefix(limit)), total)
    }
}

extension Session.State: ExpressibleByArgument {}
