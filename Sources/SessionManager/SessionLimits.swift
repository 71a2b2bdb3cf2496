package import SandboxCore

/// How many sessions there may be. A session counts from its reservation until it is stopping or failed.
package struct SessionLimits: Hashable, Sendable {
    package var sessions: Int
    package var perOwner: Int?
    package var starting: Int

    package init(sessions: Int, perOwner: Int?, starting: Int) {
        self.sessions = sessions
        self.perOwner = perOwner
        self.starting = starting
    }

    /// Throws `sessionLimitExceeded` when one session more is one too many.
    package func check(held: Int, heldByOwner: Int, startingNow: Int, owner: SessionOwner) throws(SandboxError) {
        guard held < sessions else {
            throw SandboxError(
                .sessionLimitExceeded(limit: sessions, scope: .daemon, held: held),
                "Session limit of \(sessions) reached. Release an idle session before opening another.")
        }
        if let perOwner, heldByOwner >= perOwner {
            throw SandboxError(
                .sessionLimitExceeded(limit: perOwner, scope: .owner, held: heldByOwner),
                "uid \(owner.uid) holds \(Self.sessions(heldByOwner)) and may hold \(perOwner). "
                    + "Release one before opening another.")
        }
        guard startingNow < starting else {
            throw SandboxError(
                .sessionLimitExceeded(limit: starting, scope: .starting, held: startingNow),
                "\(Self.sessions(startingNow)) \(startingNow == 1 ? "is" : "are") starting and \(starting) may start at "
                    + "once. Try again when one is ready.")
        }
    }

    private static func sessions(_ count: Int) -> String { "\(count) session\(count == 1 ? "" : "s")" }
}
