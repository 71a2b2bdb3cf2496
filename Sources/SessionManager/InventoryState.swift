/// Whether the backend's list is being compared with the sessions.
struct InventoryState {
    var isRunning = false
    /// Something happened while it ran: once more.
    var isWantedAgain = false
    var failures = 0
}
