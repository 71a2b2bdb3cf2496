import SandboxCore
import Testing

@testable import LocalSandbox

@Suite struct ExecdLocatorTests {
    private static func locate(
        _ environment: [String: String] = [:], configured: String? = nil, daemon: String = "/nowhere/podkeeperd"
    ) throws -> String {
        try ExecdLocator.locate(environment: environment, configured: configured, daemonPath: daemon)
    }

    @Test func `the variable goes before the setting`() throws {
        #expect(try Self.locate(["PODKEEPER_EXECD": "/bin/sh"], configured: "/bin/true") == "/bin/sh")
        #expect(try Self.locate(["PODKEEPER_EXECD": ""], configured: "/bin/true") == "/bin/true")
        #expect(try Self.locate(configured: "/bin/true") == "/bin/true")
    }

    @Test func `what is named and is no program is an error that says how to build it`() {
        for error in [
            #expect(throws: SandboxError.self) {
                try Self.locate(["PODKEEPER_EXECD": "/nowhere"], configured: "/bin/sh")
            },
            #expect(throws: SandboxError.self) { try Self.locate(configured: "/etc/passwd") },
            #expect(throws: SandboxError.self) { try Self.locate(configured: "/usr") },
            #expect(throws: SandboxError.self) { try Self.locate(["PATH": "/nowhere:relative"]) },
        ] {
            #expect(error?.message.contains("swift build -c release --product podkeeper-execd") == true)
        }
    }
}
