import Foundation
import Glibc
import SandboxCore
import Testing

@testable import LocalSandbox

/// The parts that need no execd.
@Suite struct StateTests {
    private static func temporary() throws -> String {
        let path = "/tmp/pk-state-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    @Test func `a state directory whose sockets would not fit is refused at once`() throws {
        let base = try Self.temporary()
        defer { try? FileManager.default.removeItem(atPath: base) }
        let name = String(repeating: "d", count: 86 - base.utf8.count - 1)
        let fits = try StateLayout(preparing: "\(base)/\(name)")
        #expect(fits.socket("any-name-at-all").utf8.count == StateLayout.maximumSocketBytes)
        let error = #expect(throws: SandboxError.self) { try StateLayout(preparing: "\(base)/\(name)d") }
        #expect(error?.message.contains("1 bytes too long") == true)
        #expect(throws: SandboxError.self) { try StateLayout(preparing: "relative") }
    }

    @Test func `a tree with everything that resists is removed and nothing beside it`() throws {
        let base = try Self.temporary()
        let outside = "\(base)/outside"
        try FileManager.default.createDirectory(atPath: outside, withIntermediateDirectories: true)
        try "keep".write(toFile: "\(outside)/f", atomically: true, encoding: .utf8)
        let tree = "\(base)/tree"
        let script = """
            set -e; mkdir -p \(tree)/ro/deep/er \(tree)/closed/x; cd \(tree)
            ln -s \(outside) link; ln -s \(outside)/f ro/link; ln -s nowhere ro/deep/dangling; mkfifo ro/pipe
            touch 'ro/deep/er/a
            b' ro/-rf; for i in $(seq 300); do mkdir d; touch d/f; cd d; done
            cd \(tree); mkdir -p many; cd many; seq 5000 | xargs touch; mkdir -p .podkeeper-removal-1/x
            chmod 0 \(tree)/closed/x \(tree)/closed; chmod -R a-w \(tree)/ro; chmod a-w \(tree)
            """
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-c", script]
        try shell.run()
        shell.waitUntilExit()
        #expect(shell.terminationStatus == 0)
        try DirectoryRemoval.remove(tree)
        #expect(!DirectoryListing.exists(tree))
        #expect(try String(contentsOfFile: "\(outside)/f", encoding: .utf8) == "keep")
        // A link in place of the tree goes, its target stays; nothing at all is success.
        symlink(outside, tree)
        try DirectoryRemoval.remove(tree)
        try DirectoryRemoval.remove(tree)
        #expect(DirectoryListing.exists("\(outside)/f"))
        try FileManager.default.removeItem(atPath: base)
    }

    @Test func `leftovers of daemons that are gone are swept, those of living ones not`() throws {
        let base = try Self.temporary()
        defer { try? FileManager.default.removeItem(atPath: base) }
        let layout = try StateLayout(preparing: base)
        let own = LeftoverDirectory.path(layout, "a")
        for path in [own, layout.directory(".b.7.1.0"), layout.directory(".strange"), layout.directory("c")] {
            try StateLayout.makeDirectory(path)
        }
        try LeftoverDirectory.sweep(layout)
        #expect(DirectoryListing.exists(own))
        #expect(!DirectoryListing.exists(layout.directory(".b.7.1.0")))
        #expect(DirectoryListing.exists(layout.directory(".strange")))
        #expect(DirectoryListing.exists(layout.directory("c")))
    }

    @Test func `a process is known by its start time`() throws {
        let own = try #require(ProcessStatus(pid: getpid()))
        #expect(own.identity.isAlive)
        #expect(own.parent == getppid())
        #expect(!ProcessIdentity(pid: own.pid, startTime: own.startTime + 1).isAlive)
        let odd = "7 (a) R) S 3 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0 0"
        let parsed = try #require(ProcessStatus(pid: 7, stat: Array(odd.utf8)))
        #expect(parsed.parent == 3)
        #expect(parsed.startTime == 4711)
        #expect(ProcessStatus(pid: 7, stat: Array("7 (a".utf8)) == nil)
        #expect(ProcessStatus(pid: 7, stat: Array("7 (a) S 1".utf8)) == nil)
    }

    @Test func `a child's end is told to everybody who waits and the child is collected`() async throws {
        let null = try Descriptor(opening: "/dev/null", O_RDWR)
        let request = SpawnRequest(
            executable: "/bin/sh", arguments: ["-c", "read x; exit 9"], environment: [], output: null.raw)
        let process = try #require(try WatchedProcess(try request.spawn(), isChild: true))
        #expect(await process.waitForExit(.seconds(20)) == .exited(9))
        #expect(await process.waitForExit(.seconds(20)) == .exited(9))
        #expect(ProcessStatus(pid: process.identity.pid) == nil)
        let sleeper = SpawnRequest(
            executable: "/bin/sleep", arguments: ["1000"], environment: [], output: null.raw)
        let second = try #require(try WatchedProcess(try sleeper.spawn(), isChild: true))
        #expect(await second.waitForExit(.milliseconds(1)) == nil)
        second.signal(SIGKILL)
        #expect(await second.waitForExit(.seconds(20)) == .signalled(SIGKILL))
    }

    @Test func `a new program has no descriptor but its own and a session of its own`() async throws {
        let leaked = open("/dev/null", O_RDONLY)
        defer { close(leaked) }
        let path = try Self.temporary()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let output = try Descriptor(opening: "\(path)/out", O_WRONLY | O_CREAT)
        let request = SpawnRequest(
            executable: "/bin/sh",
            arguments: [
                "-c",
                "for n in 3 4 5 6 7 8 9 $0; do [ -e /proc/$$/fd/$n ] && echo $n; done; "
                    + "cut -d' ' -f6 /proc/$$/stat; echo $$; pwd", "\(leaked)",
            ], environment: ["A=b"], directory: path, output: output.raw)
        let process = try #require(try WatchedProcess(try request.spawn(), isChild: true))
        #expect(await process.waitForExit(.seconds(20)) == .exited(0))
        let lines = try String(contentsOfFile: "\(path)/out", encoding: .utf8).split(separator: "\n").map(String.init)
        #expect(lines.count == 3 && lines[0] == lines[1], "\(lines)")
        #expect(lines.last == path)
    }
}
