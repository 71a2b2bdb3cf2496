import Foundation

/// Certificates made by the `openssl` command, in a directory that goes away with it.
final class TLSFixture: Sendable {
    let directory: URL

    init() throws {
        directory = try Transport.temporaryDirectory()
        for name in ["ca", "other-ca"] {
            try openssl("-keyout", "\(name).key", "-out", "\(name).pem", "-subj", "/CN=\(name)")
        }
        try issue("server", subjectAltName: "DNS:localhost,IP:127.0.0.1")
        try issue("named", subjectAltName: "DNS:api.podkeeper.test")
        try issue("client", subjectAltName: "DNS:client")
    }

    deinit {
        try? FileManager.default.removeItem(at: directory)
    }

    func pem(_ file: String) throws -> [UInt8] {
        try Array(Data(contentsOf: directory.appendingPathComponent(file)))
    }

    private func issue(_ name: String, subjectAltName: String) throws {
        try openssl(
            "-CA", "ca.pem", "-CAkey", "ca.key", "-keyout", "\(name).key", "-out", "\(name).pem", "-subj",
            "/CN=\(name)",
            "-addext", "subjectAltName=\(subjectAltName)", "-addext", "basicConstraints=critical,CA:FALSE")
    }

    private func openssl(_ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-days", "2",
            ]
            + arguments
        process.currentDirectoryURL = directory
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw ServerFault(what: "openssl \(arguments)") }
    }
}
