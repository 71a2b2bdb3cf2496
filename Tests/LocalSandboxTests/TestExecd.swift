import Foundation
import Testing

/// The real podkeeper-execd: `PODKEEPER_TEST_EXECD`, else the one built beside these tests.
enum TestExecd {
    static let missing: Comment = "needs podkeeper-execd: build it, or set PODKEEPER_TEST_EXECD to its path"

    static let path: String? = {
        if let named = ProcessInfo.processInfo.environment["PODKEEPER_TEST_EXECD"] { return named }
        let products = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        let beside = products.appendingPathComponent("podkeeper-execd").path
        return FileManager.default.isExecutableFile(atPath: beside) ? beside : nil
    }()
}
