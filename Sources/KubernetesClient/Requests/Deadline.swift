/// Runs `body` for at most `limit`, then cancels it and waits for its end.
///
/// A body that succeeds although its time is over (it noticed the cancellation too late) counts as a success: what it
/// opened must not get lost.
func withDeadline<Value: Sendable>(
    _ limit: Duration, orThrow expiry: KubernetesError,
    _ body: @escaping @Sendable () async throws(KubernetesError) -> Value
) async throws(KubernetesError) -> Value {
    let result: Result<Value, KubernetesError> = await withTaskGroup(of: Result<Value, KubernetesError>?.self) {
        group in
        group.addTask {
            do throws(KubernetesError) {
                return .success(try await body())
            } catch {
                return .failure(error)
            }
        }
        group.addTask {
            try? await Task.sleep(for: limit)
            return nil
        }
        var hasExpired = false
        for await outcome in group {
            guard let outcome else {
                // Our own cancellation wakes the sleeper, too; then the body's error tells.
                hasExpired = !Task.isCancelled
                group.cancelAll()
                continue
            }
            group.cancelAll()
            if hasExpired, case .failure = outcome { return .failure(expiry) }
            return outcome
        }
        return .failure(expiry)
    }
    return try result.get()
}
