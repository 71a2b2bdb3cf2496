import Foundation
import GRDB
import SandboxCore
import SessionManager
import Testing

@testable import SQLiteStore

/// A disk that is full, and a file that is damaged: a clear error, and no sandbox is touched.
@Suite("Broken disks", .timeLimit(.minutes(1)))
struct BrokenDiskTests {
    let bench: TestBench

    init() throws { bench = try TestBench() }

    /// SQLite's own limit (https://www.sqlite.org/pragma.html#pragma_max_page_count) fails as a full disk does, with
    /// SQLITE_FULL.
    @Test func aFullDiskIsAClearErrorAndPasses() async throws {
        let bench = bench
        let store = try SQLiteStore(path: bench.storePath, logger: .silent)
        let manager = try await SessionManager(
            provider: ScriptedProvider(bench.cluster), store: store, policy: SessionPolicy(),
            profiles: ["default": SessionProfile(name: "default")], logger: .silent, clock: bench.clock)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await manager.run() }
            let before = try await manager.open(OpenRequest("before")).session
            try await store.write { db in
                let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
                try db.execute(sql: "PRAGMA max_page_count = \(pages)")
            }
            // What the last pages have left takes a few rows more.
            var full: SandboxError?
            for number in 0..<200 where full == nil {
                full = await failure { try await manager.open(OpenRequest("filler-\(number)")) }
            }
            #expect(
                full?.message.contains("the disk is full; nothing was changed") == true, "\(String(describing: full))")
            #expect(full?.message.contains(bench.storePath) == true)
            let (starts, discards) = (bench.cluster.state.starts.count, bench.cluster.state.discards.count)
            let boxes = bench.cluster.state.boxes
            await #expect(throws: SandboxError.self) { try await manager.open(OpenRequest("during")) }
            let uid = try await manager.withSandbox(before.sessionID, LeasePurpose("sandbox.execute")) {
                try await $0.execute("id", timeout: .seconds(1)).output
            }
            #expect(uid == before.sandbox?.uid, "a session that is there goes on being used")
            #expect(bench.cluster.state.starts.count == starts)
            #expect(bench.cluster.state.discards.count == discards)
            #expect(bench.cluster.state.boxes == boxes)

            try await store.write { try $0.execute(sql: "PRAGMA max_page_count = 1000000") }
            #expect(try await manager.open(OpenRequest("after")).created)
            #expect(try await manager.open(OpenRequest("before")).session.sandbox?.uid == before.sandbox?.uid)
            group.cancelAll()
        }
        try store.close()
    }

    @Test func aDamagedFileIsRefusedAndNothingIsTouched() async throws {
        let bench = bench
        try await bench.withDaemon { daemon in
            for number in 0..<40 { _ = try await daemon.manager.open(OpenRequest("id-\(number)")) }
        }
        let boxes = bench.cluster.state.boxes
        // Every page but the first, which says that this is a store of ours.
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: bench.storePath))
        let size = try file.seekToEnd()
        #expect(size > 8192)
        try file.seek(toOffset: 4096)
        try file.write(contentsOf: Data(repeating: 0xA5, count: Int(size) - 4096))
        try file.close()
        var text = ""
        do {
            try await bench.withDaemon { (_) -> Void in Issue.record("a daemon runs on a damaged store") }
        } catch {
            text = "\(error)"
        }
        #expect(text.contains(bench.storePath), "\(text)")
        #expect(text.contains("damaged"), "\(text)")
        #expect(text.contains("--store"), "\(text)")
        #expect(bench.cluster.state.boxes == boxes)
        #expect(bench.cluster.state.discards.isEmpty)
    }
}
