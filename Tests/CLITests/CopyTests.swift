import ControlAPI
import Foundation
import SandboxCore
import Testing

@Suite struct CopyTests {
    private let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 ^ $0 >> 8) }

    private func withFiles(
        digest: @escaping @Sendable ([UInt8]) -> String = { SHA256.hex($0) },
        _ body: @Sendable (FakeFiles, _ socket: String, _ directory: URL) async throws -> Void
    ) async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("copy-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let files = FakeFiles(digest: digest)
        try await withDaemon {
            files.serve(on: &$0)
        } _: {
            try await body(files, $0, directory)
        }
    }

    @Test func filesBothWays() async throws {
        let bytes = bytes
        try await withFiles { files, socket, directory in
            let local = directory.appendingPathComponent("a: b").path
            try Data(bytes).write(to: URL(fileURLWithPath: local))
            #expect(chmod(local, 0o751) == 0)
            #expect(await podkeeper("cp", local, "s:in", "--socket", socket).code == 0)
            #expect(files.entry("in")?.bytes == bytes)
            #expect(files.entry("in")?.mode == FileMode(bits: 0o751))
            files.put("there", .init(format: .tar, mode: nil, bytes: []))
            for target in ["there", "new/"] {
                #expect(await podkeeper("cp", local, ":\(target)", "--session", "s", "--socket", socket).code == 0)
            }
            #expect(files.entry("there/a: b")?.bytes == bytes)
            #expect(files.entry("new/a: b")?.bytes == bytes)

            let outcome = await podkeeper("cp", "s:in", directory.path, "--socket", socket)
            #expect(outcome.code == 0)
            #expect(outcome.errors == [])
            let copy = directory.appendingPathComponent("in")
            #expect(try Array(Data(contentsOf: copy)) == bytes)
            let mode = try FileManager.default.attributesOfItem(atPath: copy.path)[.posixPermissions] as? Int
            #expect(mode.map { $0 & 0o700 } == 0o700)
        }
    }

    @Test func standardStreams() async throws {
        let bytes = bytes
        try await withFiles { files, socket, _ in
            #expect(await podkeeper("cp", "-", "s:in", "--socket", socket, input: bytes).code == 0)
            #expect(files.entry("in")?.bytes == bytes)
            #expect(await podkeeper("cp", "s:in", "-", "--socket", socket).output == bytes)
        }
    }

    @Test func directoriesBothWays() async throws {
        try await withFiles { files, socket, directory in
            let source = directory.appendingPathComponent("tree/deep")
            try FileManager.default.createDirectory(at: source, withIntermediateDirectories: true)
            try Data("x".utf8).write(to: source.appendingPathComponent("f"))
            let tree = directory.appendingPathComponent("tree").path
            #expect(await podkeeper("cp", tree, "s:to", "--socket", socket).code == 0)
            #expect(files.entry("to")?.format == .tar)
            let copy = directory.appendingPathComponent("copy")
            for name in ["copy", "copy/to"] {
                #expect(await podkeeper("cp", "s:to", copy.path, "--socket", socket).code == 0)
                let file = directory.appendingPathComponent(name).appendingPathComponent("deep/f")
                #expect(try Data(contentsOf: file) == Data("x".utf8))
            }
        }
    }

    @Test func saysWhichDirectoryIsMissing() async throws {
        try await withFiles { files, socket, directory in
            files.put("f", .init(format: .file, mode: nil, bytes: [1]))
            files.put("d", .init(format: .tar, mode: nil, bytes: []))
            let missing = directory.appendingPathComponent("no/such").path
            for (source, verb) in [("s:f", "write"), ("s:d", "make")] {
                let outcome = await podkeeper("cp", source, missing + "/copy", "--socket", socket)
                #expect(outcome.code == 1)
                #expect(
                    outcome.errorText == """
                        podkeeper: cannot \(verb) '\(missing)/copy': No such file or directory
                        hint: make the directory '\(missing)' first

                        """)
            }
            let none = await podkeeper("cp", missing, "s:f", "--socket", socket)
            #expect(none.errorText == "podkeeper: cannot read '\(missing)': No such file or directory\n")
        }
    }

    @Test func neverTakesOtherBytesForTheCopy() async throws {
        try await withFiles(digest: { _ in String(repeating: "0", count: 64) }) { files, socket, directory in
            files.put("f", .init(format: .file, mode: nil, bytes: [1, 2, 3]))
            let target = directory.appendingPathComponent("f").path
            try Data("old".utf8).write(to: URL(fileURLWithPath: target))
            let down = await podkeeper("cp", "s:f", target, "--socket", socket)
            #expect(down.code == 1)
            #expect(down.errorText.contains("is not what the sandbox sent"))
            #expect(try Data(contentsOf: URL(fileURLWithPath: target)) == Data("old".utf8))
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["f"])
            #expect(await podkeeper("cp", target, "s:f", "--socket", socket).code == 1)
        }
    }

    @Test func showsABarOnATerminalOnly() async throws {
        let bytes = bytes
        try await withFiles { files, socket, directory in
            files.put("f", .init(format: .file, mode: nil, bytes: bytes))
            let target = directory.appendingPathComponent("f").path
            let console = FakeConsole(size: nil).console
            let outcome = await podkeeper("cp", "s:f", target, "--socket", socket, console: console)
            #expect(outcome.errorText.contains("100% [========================] 2.9 MiB/2.9 MiB"))
            #expect(outcome.errorText.hasSuffix("\n"))
        }
    }

    @Test func oneEndIsInASandbox() async throws {
        for ends in [["a", "b"], ["s:a", "t:b"], ["-", "-"], ["./a:b", "/c:d"], [":a", "b"]] {
            let outcome = await podkeeper("cp", ends[0], ends[1], "--socket", "/nowhere")
            #expect(outcome.code == 2, "\(ends)")
        }
    }
}
