/// Names of the operations that count as activity, as `last_activity` shows them.
package enum SessionOperation {
    package static let getOrCreate = "session.get_or_create"
    package static let touch = "session.touch"
    /// A run that goes on without its caller.
    package static let backgroundRun = "sandbox.start"
    /// The daemon was killed while the session was in use or had been a moment ago: its idle clock starts anew.
    package static let restart = "daemon.restart"
}
