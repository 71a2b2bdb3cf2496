/// The rules by which a running process is brought to its end; pure, the supervisor carries out the actions.
struct RunMachine {
    enum Event: Hashable, Sendable {
        /// The leader has ended and waits to be reaped.
        case exited
        /// One output stream was read to its end.
        case streamEnded
        case deadline
        case overLimit
        case consumerGone
        case request(RunControl.Request)
        /// The grace between TERM and KILL is over.
        case graceOver
        /// Nobody but the leader's zombie is left in the group.
        case groupGone
        /// After KILL: nobody is left, in the group or outside it.
        case cleared
        /// Whoever still holds the output open after the leader's end has had long enough.
        case drainOver
    }

    enum Action: Hashable {
        case terminateGroup
        /// KILL, until nobody is left; then `cleared`.
        case killGroup
        case startGrace
        case watchGroup
        case startDrain
        case closeStreams
        case stopInput
    }

    /// Why the supervisor, and not the process itself, brought the end.
    enum Cause: Hashable, Sendable {
        case timedOut
        case outputLimited
        /// Asked for, or nobody was left to take the output.
        case asked
    }

    private(set) var cause: Cause?
    private var openStreams: Int
    private var hasExited = false
    private var hasKilled = false
    private var isCleared = false

    init(streams: Int) {
        openStreams = streams
    }

    /// A process that was brought down is over only when it and all its descendants were killed.
    var isOver: Bool { hasExited && openStreams == 0 && (cause == nil || isCleared) }

    mutating func handle(_ event: Event) -> [Action] {
        switch event {
        case .exited: return leaderExited()
        case .streamEnded:
            openStreams -= 1
            return []
        case .deadline:
            // A leader that has ended by itself is not late, whatever it left behind.
            return hasExited || cause != nil ? [] : bringDown(.timedOut)
        case .overLimit:
            // Also after the leader's end: its output was cut, which no exit code may hide.
            cause = cause ?? .outputLimited
            return killGroup()
        case .consumerGone, .request(.terminate):
            if hasExited, cause == nil { return [.closeStreams] }
            return cause == nil ? bringDown(.asked) : []
        case .request(.kill):
            if hasExited, cause == nil { return [.closeStreams] }
            cause = cause ?? .asked
            return killGroup()
        case .graceOver, .groupGone: return killGroup()
        case .cleared:
            isCleared = true
            return []
        case .drainOver: return [.closeStreams]
        }
    }

    private mutating func leaderExited() -> [Action] {
        hasExited = true
        if hasKilled { return [.stopInput, .closeStreams] }
        // TERM was sent: the rest of the group has what is left of the grace.
        if cause != nil { return [.stopInput, .watchGroup] }
        return openStreams > 0 ? [.stopInput, .startDrain] : [.stopInput]
    }

    private mutating func bringDown(_ reason: Cause) -> [Action] {
        cause = reason
        return [.terminateGroup, .startGrace]
    }

    private mutating func killGroup() -> [Action] {
        guard !hasKilled else { return [] }
        hasKilled = true
        return hasExited ? [.killGroup, .closeStreams] : [.killGroup]
    }
}
