/// Polls a condition of the outside world that nobody announces; a test's own time limit bounds it.
func until(_ condition: () async throws -> Bool) async throws {
    while try await !condition() { try await Task.sleep(for: .milliseconds(50)) }
}
