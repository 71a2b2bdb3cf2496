import ControlAPI
import ControlClient
import Foundation
import JSONRPC
import Testing

/// Paths and transfers, the same on every way to a sandbox.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct TransferTests {
    private func withSession(
        _ route: SandboxRoute, _ body: @Sendable (TestSession, TestDaemon, RunningDaemon) async throws -> Void
    ) async throws {
        try await TestDaemon.run(route) { test in
            let daemon = try await test.start()
            try await daemon.client { client in
                try await body(try await client.open("transfers", profile: route.profile).session, test, daemon)
            }
            try await daemon.stop()
        }
    }

    private func reason(_ body: () async throws -> Void) async -> String? {
        do { try await body() } catch { return (error as? RPCError)?.data?["reason"]?.stringValue }
        return nil
    }

    @Test(arguments: SandboxRoute.available)
    func paths(_ route: SandboxRoute) async throws {
        try await withSession(route) { session, _, _ in
            let client = session.client
            let id = session.id
            _ = try await client.call(
                SandboxMakeDirectory.self, .init(sessionID: id, path: "a b/c", mode: FileMode(bits: 0o750)))
            _ = try await client.call(SandboxMakeDirectory.self, .init(sessionID: id, path: "a b/c"))
            #expect(
                await reason {
                    _ = try await client.call(
                        SandboxMakeDirectory.self, .init(sessionID: id, path: "a b/c", parents: false))
                } == "exists")
            let directory = try await session.stat("a b/c")
            #expect(directory.kind == .directory)
            #expect(directory.mode == FileMode(bits: 0o750))
            #expect(directory.size == nil)

            try await session.write("a b/f", "12345")
            _ = try await client.call(
                SandboxChangeMode.self, .init(sessionID: id, path: "a b/f", mode: FileMode(bits: 0o4711)))
            _ = try await session.execute("ln -s 'a b/f' l; ln -s nowhere dangling")
            let file = try await session.stat("l")
            #expect(file.kind == .file)
            #expect(file.size == 5)
            #expect(file.mode == FileMode(bits: 0o4711))
            #expect(try await session.stat("l", follow: false).target == "a b/f")
            #expect(await reason { _ = try await session.stat("dangling") } == "not_found")
            let work = try await client.call(SessionGet.self, .init(sessionID: id)).workDirectory ?? ""
            #expect(
                try await client.call(SandboxRealpath.self, .init(sessionID: id, path: "./l")).path == work + "/a b/f")

            try await session.write("g", "other")
            #expect(
                await reason {
                    _ = try await client.call(SandboxMove.self, .init(sessionID: id, path: "g", to: "a b/f"))
                } == "exists")
            _ = try await client.call(
                SandboxMove.self, .init(sessionID: id, path: "g", to: "a b/f", overwrite: true))
            #expect(try await session.readBytes("a b/f") == Array("other".utf8))
            #expect(await reason { _ = try await session.stat("g") } == "not_found")
            #expect(
                await reason {
                    _ = try await client.call(SandboxRemove.self, .init(sessionID: id, path: "a b"))
                } == "invalid")
            _ = try await client.call(SandboxRemove.self, .init(sessionID: id, path: "a b", recursive: true))
            _ = try await client.call(SandboxRemove.self, .init(sessionID: id, path: "l"))
            #expect(await reason { _ = try await session.stat("l", follow: false) } == "not_found")

            // A name that is no text.
            let odd = Data(Array("n".utf8) + [0xFF]).base64EncodedString()
            _ = try await client.call(SandboxWrite.self, .init(sessionID: id, pathBase64: odd, content: "x"))
            #expect(
                try await client.call(SandboxRealpath.self, .init(sessionID: id, pathBase64: odd)).pathBase64
                    == Data(Array("\(work)/n".utf8) + [0xFF]).base64EncodedString())
            _ = try await client.call(SandboxRemove.self, .init(sessionID: id, pathBase64: odd))
        }
    }

    @Test(arguments: SandboxRoute.available)
    func allBytesEditedInTheMiddle(_ route: SandboxRoute) async throws {
        try await withSession(route) { session, _, _ in
            // 64 KiB of every byte: 16 MiB.
            var bytes: [UInt8] = []
            bytes.reserveCapacity(256 << 16)
            for byte in UInt8.min...UInt8.max { bytes += [UInt8](repeating: byte, count: 1 << 16) }
            let sent = try await session.upload("all", bytes)
            #expect(sent.size == Int64(bytes.count))
            let middle = 128 << 16
            // An edit is by text: what it is to find replaces bytes in the middle first.
            let marker = Array("MIDDLE".utf8)
            bytes.replaceSubrange((middle - 6)..<middle, with: marker)
            let again = try await session.upload("all", bytes)
            let whole = try await session.download("all")
            #expect(whole.bytes == bytes)
            #expect(whole.result.sha256 == again.sha256)
            #expect(try await session.edit("all", "MIDDLE", "centre, and longer") == 1)
            let edited = try await session.download("all").bytes
            bytes.replaceSubrange((middle - 6)..<middle, with: Array("centre, and longer".utf8))
            #expect(edited == bytes)
        }
    }

    @Test(arguments: SandboxRoute.available)
    func uploadsAreAllOrNothing(_ route: SandboxRoute) async throws {
        try await withSession(route) { session, _, daemon in
            let bytes = (0..<2_500_000).map { UInt8(truncatingIfNeeded: $0 ^ $0 >> 8) }
            try await session.write("f", "old")
            await #expect(throws: RPCError.self) {
                _ = try await session.upload("f", bytes, sha256: String(repeating: "0", count: 64))
            }
            #expect(try await session.readBytes("f") == Array("old".utf8))
            try await daemon.client { client in
                let other = TestSession(client: client, id: session.id)
                let upload = try await client.call(SandboxUpload.self, .init(sessionID: other.id, path: "f"))
                _ = try await client.call(
                    SandboxUploadChunk.self,
                    .init(uploadID: upload.uploadID, dataBase64: Data(bytes[..<1000]).base64EncodedString()))
                #expect(try await client.call(SessionGet.self, .init(sessionID: other.id)).leases == 1)
            }
            // The closed connection drops it, and its lease.
            while try await session.client.call(SessionGet.self, .init(sessionID: session.id)).leases > 0 {
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(try await session.list(".").map(\.name) == ["f"])
            #expect(try await session.upload("f", bytes, mode: FileMode(bits: 0o600)).size == 2_500_000)
            #expect(try await session.stat("f").mode == FileMode(bits: 0o600))
            let rest = try await session.download("f", offset: 2_400_000)
            #expect(rest.bytes == Array(bytes[2_400_000...]))
            #expect(rest.result.size == 2_500_000)
            #expect(await reason { _ = try await session.download("none") } == "not_found")
        }
    }

    @Test(arguments: SandboxRoute.available)
    func filesByHand(_ route: SandboxRoute) async throws {
        try await withSession(route) { session, test, daemon in
            let program = TestDaemon.program("podkeeper")
            func copy(_ source: String, _ target: String) async throws {
                try await Command.run(program, ["--socket", daemon.socket, "cp", source, target])
            }
            let size = route.hasExecServer ? TestSize.bulk : min(TestSize.bulk, 16 << 20)
            let big = test.directory.appendingPathComponent("big").path
            try await Command.run("/bin/sh", ["-c", "head -c \(size) /dev/urandom > '\(big)'"])
            let before = try daemon.peakMemory()
            try await copy(big, "transfers:up/")
            try await copy("transfers:up/big", big + ".back")
            // A shell takes and gives a piece whole, so that some copies of one are in memory at the same time.
            #expect(try daemon.peakMemory() - before < (route.hasExecServer ? 32 : 128) << 20)
            try await Command.run("/usr/bin/cmp", [big, big + ".back"])
        }
    }

    @Test(arguments: SandboxRoute.available)
    func directoriesByHand(_ route: SandboxRoute) async throws {
        try await withSession(route) { session, test, daemon in
            let program = TestDaemon.program("podkeeper")
            func copy(_ source: String, _ target: String) async throws {
                try await Command.run(program, ["--socket", daemon.socket, "cp", source, target])
            }
            let tree = test.directory.appendingPathComponent("tree").path
            try await Command.run(
                "/bin/sh",
                [
                    "-c",
                    "mkdir -p '\(tree)/a b'; echo x > '\(tree)/a b/f'; head -c 999999 /dev/zero > '\(tree)/z'; ln -s 'a b' '\(tree)/l'; chmod 700 '\(tree)/a b'",
                ])
            try await copy(tree, "transfers:copies")
            #expect(try await session.execute("cat copies/l/f; readlink copies/l").output == "x\na b\n")
            // Directories on the way are made, as for a file.
            try await copy(tree, "transfers:copies/new/deep/tree")
            #expect(try await session.execute("cat copies/new/deep/tree/l/f && rm -r copies/new").output == "x\n")
            try await copy("transfers:copies", tree + ".back")
            try await Command.run("/usr/bin/diff", ["-r", "--no-dereference", tree, tree + ".back"])
            // Into what is there: what it has and the copy has not, stays.
            try await session.write("copies/tree/kept", "kept")
            // Refused before tar(1) got rid of what it packed; it is not waited for.
            await #expect(throws: Command.Failure.self) { try await copy(tree, "transfers:copies/tree/kept") }
            try await copy(tree, "transfers:copies")
            #expect(try await session.execute("cat copies/tree/kept copies/tree/l/f").output == "keptx\n")
            // An image's own tar(1) makes of modes what it can.
            if route.hasExecServer {
                let merged = try await session.execute("ls copies/tree; stat -c %a 'copies/tree/a b'")
                #expect(merged.output == "a b\nkept\nl\nz\n700\n")
            }
            #expect(try await session.list(".").map(\.name) == ["copies"])
            await #expect(throws: RPCError.self) {
                _ = try await session.client.call(
                    SandboxDownload.self, .init(sessionID: session.id, path: "copies/tree/kept", format: .tar))
            }
        }
    }
}
