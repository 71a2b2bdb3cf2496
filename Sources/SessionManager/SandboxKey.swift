package import SandboxCore

/// One generation of a session: the sandbox that it is about, whatever the id is used for later.
package struct SandboxKey: Hashable, Sendable, CustomStringConvertible {
    package var sessionID: SessionID
    package var generation: Int

    package init(_ sessionID: SessionID, _ generation: Int) {
        self.sessionID = sessionID
        self.generation = generation
    }

    package var description: String { "\(sessionID) generation \(generation)" }
}
