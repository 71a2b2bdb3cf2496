import Foundation

/// Runs blocking code on a thread of its own: the tests' own tasks share as many threads as there are cores.
func blocking<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread {
            continuation.resume(with: Swift.Result { try body() })
        }
    }
}

struct TestFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

func temporaryDirectory() throws -> String {
    // Short enough for a Unix socket below it.
    let path = "/tmp/pkx-" + UUID().uuidString.prefix(8)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
}

/// Waits until the process is no more (a zombie is no more).
func waitUntilGone(_ pid: Int32) async -> Bool {
    await eventually {
        guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return true }
        let state = stat.split(separator: ")").last?.dropFirst().first
        return state == "Z" || state == "X"
    }
}

/// Looks again and again for up to twenty seconds; for what the kernel does in its own time.
func eventually(_ condition: () async throws -> Bool) async -> Bool {
    for _ in 0..<4000 {
        if (try? await condition()) == true { return true }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return false
}
