/// What the server's task group runs.
enum ServerWork: Sendable {
    case call(PendingCall)
    case task(ConnectionTask)
}
