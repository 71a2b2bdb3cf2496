import ExecAPI
import Foundation
import Testing

@testable import ExecServer

/// What `/v1/usage` reads: cgroup files as the kernel's documentation has them, and the real process table.
@Suite struct UsageTests {
    /// A directory with files of these contents, by their paths.
    private func tree(_ files: [String: String]) throws -> String {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("usage-\(UUID())")
        for (path, content) in files {
            let file = root.appendingPathComponent(path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try content.write(to: file, atomically: true, encoding: .utf8)
        }
        return root.path
    }

    @Test func readsCgroupVersion2() throws {
        let root = try tree([
            "cpu.stat": "usage_usec 1500000\nuser_usec 1\n", "memory.current": "1000\n", "memory.max": "max\n",
            "memory.stat": "anon 1\ninactive_file 300\n", "pids.current": "7\n",
        ])
        let usage = UsageProbe(cgroup: root).read()
        #expect(usage.cpuSeconds == 1.5)
        #expect(usage.memoryBytes == 700)
        #expect(usage.memoryLimit == nil)
        #expect(usage.processes == 7)
        try "5000\n".write(toFile: root + "/memory.max", atomically: true, encoding: .utf8)
        #expect(UsageProbe(cgroup: root).read().memoryLimit == 5000)
    }

    @Test func readsCgroupVersion1() throws {
        let root = try tree([
            "cpuacct/cpuacct.usage": "2500000000\n", "memory/memory.usage_in_bytes": "9000\n",
            "memory/memory.limit_in_bytes": "9223372036854771712\n",
            "memory/memory.stat": "cache 5\ntotal_inactive_file 1000\n", "pids/pids.current": "3\n",
        ])
        let usage = UsageProbe(cgroup: root).read()
        #expect(usage.cpuSeconds == 2.5)
        #expect(usage.memoryBytes == 8000)
        #expect(usage.memoryLimit == nil)
        #expect(usage.processes == 3)
    }

    @Test func sumsUpTheProcessesWhereThereIsNoCgroup() throws {
        let proc = try tree([
            // Of ticks: user 100, system 50, and of children 25 and 25; 2 pages.
            "1/stat": "1 (a) b) c) S 0 1 1 0 -1 4194560 0 0 0 0 100 50 25 25 20 0 1 0 5 1000 2 0\n",
            "22/stat": "22 (sh) S 1 22 22 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 1000 3 0\n", "self/stat": "nonsense",
            "33/cmdline": "no stat: it has just ended",
        ])
        let usage = UsageProbe(cgroup: "/nonexistent", proc: proc).read()
        #expect(usage.cpuSeconds == 200 / Double(sysconf(Int32(_SC_CLK_TCK))))
        #expect(usage.memoryBytes == 5 * Int64(sysconf(Int32(_SC_PAGESIZE))))
        #expect(usage.processes == 2)
        let real = UsageProbe(cgroup: "/nonexistent").read()
        #expect(real.processes >= 1)
        #expect(real.memoryBytes > 1 << 20)
    }

    @Test func countsTheFilesBelowTheWorkingDirectory() throws {
        let root = try tree(["a": "12345", "deep/er/b": "678", ".hidden": "9"])
        try FileManager.default.createSymbolicLink(atPath: root + "/link", withDestinationPath: "/usr")
        #expect(try FileOperations(workDirectory: root).regularFileBytes(watch: .unbounded) == 9)
        let late = OperationWatch(deadline: .now, isCancelled: { false })
        #expect(throws: (any Error).self) { try FileOperations(workDirectory: root).regularFileBytes(watch: late) }
    }
}
