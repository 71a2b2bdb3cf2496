import Dispatch
import SandboxCore

/// Where calls that block go (files, fsync, `/proc`, starting programs), so that they hold up no thread of Swift's pool.
struct BlockingWork: Sendable {
    private let queue: DispatchQueue

    /// `isSerial`: one piece of work at a time, rather than as many as are asked for.
    init(_ label: String, isSerial: Bool = false) {
        queue = DispatchQueue(label: "podkeeper.local.\(label)", attributes: isSerial ? [] : .concurrent)
    }

    /// Always runs `body` to its end, cancelled or not.
    func run<Value: Sendable>(
        _ body: @escaping @Sendable () throws(SandboxError) -> Value
    ) async throws(SandboxError) -> Value {
        let result: Result<Value, SandboxError> = await withCheckedContinuation { continuation in
            queue.async {
                do throws(SandboxError) {
                    continuation.resume(returning: .success(try body()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }
}
