import Foundation
import GRDB
import Logging
import Testing

@testable import SQLiteStore

/// What a store refuses to be opened on.
@Suite final class StoreOpeningTests {
    private let directory: URL
    private var path: String { directory.appendingPathComponent("podkeeper.db").path }
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    init() throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("podkeeper-open-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    /// The one line that an operator would read.
    private func refusal() throws -> String {
        do {
            try SQLiteStore(path: path, logger: logger).close()
            return ""
        } catch {
            #expect(!error.message.contains("\n"))
            return error.message
        }
    }

    @Test func aSecondDaemonIsRefusedByName() throws {
        let first = try SQLiteStore(path: path, logger: logger)
        let text = try refusal()
        #expect(
            text == "store \(path) is in use by pid \(getpid()) (podkeeperd); stop it or choose another --store")
        try first.close()
        #expect(try refusal() == "")
    }

    @Test func aSymbolicLinkToTheStoreIsTheSameStore() throws {
        let first = try SQLiteStore(path: path, logger: logger)
        defer { try? first.close() }
        let link = path + "-link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        #expect(throws: StoreError.self) { try SQLiteStore(path: link, logger: logger) }
    }

    @Test func aHardLinkToTheStoreIsTheSameStore() throws {
        let first = try SQLiteStore(path: path, logger: logger)
        let link = path + "-link"
        try FileManager.default.linkItem(atPath: path, toPath: link)
        #expect {
            _ = try SQLiteStore(path: link, logger: logger)
        } throws: { ($0 as? StoreError)?.message.contains("in use by another podkeeperd") == true }
        // Nothing of the refused one is left, and the first goes on.
        #expect(!FileManager.default.fileExists(atPath: link + ".lock"))
        try first.close()
        #expect(try refusal() == "")
        let second = try SQLiteStore(path: link, logger: logger)
        #expect(throws: StoreError.self) { try SQLiteStore(path: path, logger: logger) }
        try second.close()
    }

    @Test func aLinkToWhatWasNotYetThereIsTheSameStore() throws {
        let link = path + "-link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        let first = try SQLiteStore(path: link, logger: logger)
        #expect(throws: StoreError.self) { try SQLiteStore(path: path, logger: logger) }
        try first.close()
        #expect(try refusal() == "")
    }

    /// The log is done away with only where no other process has the file open, which SQLite's own lock tells.
    @Test(arguments: [(true, "wal"), (false, "delete")])
    func sqlitesOwnLocksStay(isOpen: Bool, mode: String) throws {
        let store = try SQLiteStore(path: path, logger: logger)
        defer { try? store.close() }
        if !isOpen { try store.close() }
        let program = """
            import sqlite3, sys
            other = sqlite3.connect(sys.argv[1], timeout=0)
            try:
                other.execute("PRAGMA journal_mode = DELETE")
            except sqlite3.OperationalError:
                pass
            sys.exit(other.execute("PRAGMA journal_mode").fetchone()[0] != sys.argv[2])
            """
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", program, path, mode]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    @Test func whatWasMadeForNothingIsTakenBack() throws {
        let files = { try FileManager.default.contentsOfDirectory(atPath: self.directory.path) }
        try SQLiteStore(path: path, logger: logger).discard()
        #expect(try files() == [])
        // One that was there stays as it was, by whomever it was made.
        let first = try SQLiteStore(path: path, logger: logger)
        let id = first.instanceID
        try first.close()
        let before = try files().sorted()
        try SQLiteStore(path: path, logger: logger).discard()
        #expect(try files().sorted() == before)
        let second = try SQLiteStore(path: path, logger: logger)
        #expect(second.instanceID == id)
        try second.close()
    }

    @Test(arguments: ["not a database", String(repeating: "x", count: 9_000), "{}"])
    func aFileThatIsNoDatabaseIsLeftAsItIs(content: String) throws {
        try content.write(toFile: path, atomically: false, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        let text = try refusal()
        #expect(text.contains(path))
        #expect(text.contains("not a podkeeper store"))
        #expect(text.contains("--store"))
        #expect(try String(contentsOfFile: path, encoding: .utf8) == content)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o644)
    }

    @Test func anotherProgramsDatabaseIsLeftAsItIs() throws {
        let other = try DatabaseQueue(path: path)
        try other.write { try $0.execute(sql: "CREATE TABLE cats (name TEXT); INSERT INTO cats VALUES ('Tom')") }
        try other.close()
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(try refusal().contains("another program"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }

    @Test func aNewerStoreIsLeftAsItIs() throws {
        try SQLiteStore(path: path, logger: logger).close()
        let queue = try DatabaseQueue(path: path)
        try queue.write { try $0.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('99')") }
        try queue.close()
        #expect(try refusal().contains("newer podkeeperd"))
    }

    @Test func aDirectoryIsRefused() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        #expect(try refusal().contains(path))
    }

    @Test func anEmptyFileBecomesAStore() throws {
        try Data().write(to: URL(fileURLWithPath: path))
        #expect(try refusal() == "")
    }
}
