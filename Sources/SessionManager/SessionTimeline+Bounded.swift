import SandboxCore

extension SessionTimeline {
    private enum Ending<Value: Sendable>: Sendable {
        case ended(Result<Value, SandboxError>)
        case outOfTime
        case calledOff
    }

    /// Runs `work` until it ends; past the limit, or when `signal` ends, cancels it and waits for it to return.
    ///
    /// Its success counts however late it comes, so that nothing it made is forgotten. A failure after it was cut
    /// short is `deadlineExceeded` or `cancelled`. Work that ignores cancellation is waited for.
    func bounded<Value: Sendable>(
        _ limit: Duration, until signal: AsyncStream<Void>? = nil,
        _ work: @escaping @Sendable () async throws(SandboxError) -> Value
    ) async -> Result<Value, SandboxError> {
        let deadline = now.instant.advanced(by: limit)
        return await withTaskGroup(of: Ending<Value>.self) { group in
            group.addTask {
                do throws(SandboxError) {
                    return .ended(.success(try await work()))
                } catch {
                    return .ended(.failure(error))
                }
            }
            group.addTask {
                do throws(CancellationError) {
                    try await sleep(until: deadline)
                    return .outOfTime
                } catch {
                    return .calledOff
                }
            }
            if let signal {
                group.addTask {
                    for await _ in signal {}
                    return .calledOff
                }
            }
            var cut: SandboxError?
            for await ending in group {
                group.cancelAll()
                switch ending {
                case .ended(.success(let value)): return .success(value)
                case .ended(.failure(let error)): return .failure(cut ?? error)
                case .outOfTime: cut = cut ?? Self.noAnswer(limit)
                case .calledOff: cut = cut ?? .cancelled
                }
            }
            return .failure(cut ?? .cancelled)
        }
    }

    private static func noAnswer(_ limit: Duration) -> SandboxError {
        SandboxError(.deadlineExceeded, "the backend gave no answer within \(limit.wholeMilliseconds / 1_000) s")
    }
}
