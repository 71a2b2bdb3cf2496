import ExecAPI
import Foundation
import Testing

/// Bubblewrap where it works, for a PID namespace that `init` is the first process of.
private enum Bubble {
    static let program = "/usr/bin/bwrap"
    static let arguments = [
        "--unshare-pid", "--as-pid-1", "--bind", "/", "/", "--proc", "/proc", "--dev-bind",
        "/dev", "/dev",
    ]

    static let isUsable: Bool = {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments + ["true"]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()
}

@Suite("As the first process of a PID namespace", .enabled(if: Bubble.isUsable, "needs bubblewrap and namespaces"))
struct FirstProcessTests {
    /// Ended from inside: bwrap itself passes no signal on.
    private func with<Result: Sendable>(_ body: (Execd) async throws -> Result) async throws -> Result {
        let server = try await blocking {
            try Execd(launcher: [Bubble.program] + Bubble.arguments, role: ["init", "--", "serve"])
        }
        do {
            let result = try await body(server)
            try await end(server)
            return result
        } catch {
            try await end(server)
            throw error
        }
    }

    private func end(_ server: Execd) async throws {
        // 1 is init. Its end takes the command along, and perhaps its answer.
        _ = try? await server.send("/exec", #"{"command":"setsid sleep 1000 & kill -TERM 1; wait"}"#)
        #expect(try await server.wait() == 0)
    }

    @Test("init reaps every orphan, and its end is the end of everything")
    func orphans() async throws {
        try await with { server async throws in
            let answer = try await server.run(
                .shell(
                    """
                    for i in 1 2 3 4 5 6 7 8 9 10; do (sh -c 'sleep 0.05 & exit' >&- &); done
                    n=1; while [ $n != 0 ]; do n=$(cat /proc/[0-9]*/stat 2>&- | grep -c -e '(sleep)' -e ' Z '); done
                    cat /proc/[0-9]*/stat | wc -l
                    """))
            #expect(answer.outcome?.code == 0)
            // init, serve, the shell, cat and wc.
            #expect(Int(answer.out.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 99 <= 5)
        }
    }
}
