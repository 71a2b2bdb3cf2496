import Foundation
import Glibc
import Synchronization

/// Real TLS before a `FakeAPIServer`: Python's `ssl` in a process of its own, which passes the bytes on. Certificates
/// are made by the `openssl` command, in a directory that goes away with it.
final class TLSFront: Sendable {
    struct Handshake: Decodable, Hashable {
        var sni: String
        /// The common name of the client's certificate; empty without one.
        var client: String
    }

    let directory: String
    let port: Int
    private let process: Process
    private let control = Pipe()
    private let output = Pipe()
    private let pending = Mutex<[String]>([])

    /// `certificate`: one of `server` (127.0.0.1), `named` (only api.podkeeper.test) and `other`, which is the same as
    /// `server` under another authority (`other-ca.pem`).
    init(before server: FakeAPIServer, certificate: String = "server") throws {
        directory = try Scratch.directory()
        for name in ["ca", "other-ca"] { try Self.issue(name, in: directory, by: nil, "basicConstraints=CA:TRUE") }
        let address = "subjectAltName=IP:127.0.0.1"
        try Self.issue("server", in: directory, by: "ca", address)
        try Self.issue("other", in: directory, by: "other-ca", address)
        try Self.issue("named", in: directory, by: "ca", "subjectAltName=DNS:api.podkeeper.test")
        for name in ["alice", "bob"] { try Self.issue(name, in: directory, by: "ca", "subjectAltName=DNS:\(name)") }
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", Self.program, String(server.port), certificate]
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        process.standardInput = control
        process.standardOutput = output
        try process.run()
        port = Int(Self.line(output)) ?? 0
    }

    deinit {
        try? control.fileHandleForWriting.close()
        process.waitUntilExit()
        Scratch.remove(directory)
    }

    func path(_ file: String) -> String { directory + "/" + file }
    func pem(_ file: String) throws -> [UInt8] { try Array(Data(contentsOf: URL(fileURLWithPath: path(file)))) }

    /// The oldest handshake not yet asked for; blocks until there is one.
    func handshake() throws -> Handshake {
        let line = pending.withLock { $0.isEmpty ? nil : $0.removeFirst() } ?? Self.line(output)
        return try JSONDecoder().decode(Handshake.self, from: Data(line.utf8))
    }

    /// Shows this certificate from the next connection on.
    func show(_ certificate: String) throws {
        try control.fileHandleForWriting.write(contentsOf: Data((certificate + "\n").utf8))
        while case let line = Self.line(output), line != "shown" { pending.withLock { $0.append(line) } }
    }

    private static func line(_ pipe: Pipe) -> String {
        var line = Data()
        while let byte = try? pipe.fileHandleForReading.read(upToCount: 1), !byte.isEmpty, byte != Data([0x0A]) {
            line += byte
        }
        return String(decoding: line, as: UTF8.self)
    }

    private static func issue(_ name: String, in directory: String, by authority: String?, _ addition: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let signer = authority.map { ["-CA", "\($0).pem", "-CAkey", "\($0).key"] } ?? []
        process.arguments =
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
            + ["-days", "2", "-keyout", "\(name).key", "-out", "\(name).pem", "-subj", "/CN=\(name)"]
            + ["-addext", addition] + signer
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw POSIXError(.EIO) }
    }

    private static let program = """
        import json, os, socket, ssl, sys, threading
        port, name = int(sys.argv[1]), sys.argv[2]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(name + ".pem", name + ".key")
        context.load_verify_locations("ca.pem")
        context.verify_mode = ssl.CERT_OPTIONAL
        names = {}
        context.sni_callback = lambda connection, name, context: names.__setitem__(connection, name)
        listener = socket.create_server(("127.0.0.1", 0))
        say = threading.Lock()

        def pump(source, target):
            try:
                while data := source.recv(65536):
                    target.sendall(data)
            except OSError:
                pass
            for end in (source, target):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

        def serve(plain):
            try:
                connection = context.wrap_socket(plain, server_side=True)
                subject = (connection.getpeercert() or {}).get("subject", ())
                client = [value for part in subject for key, value in part if key == "commonName"]
                with say:
                    print(json.dumps({"sni": names.get(connection) or "", "client": client[0] if client else ""}),
                          flush=True)
                back = socket.create_connection(("127.0.0.1", port))
            except OSError:
                return plain.close()
            threading.Thread(target=pump, args=(back, connection), daemon=True).start()
            pump(connection, back)

        def accept():
            while True:
                plain, _ = listener.accept()
                threading.Thread(target=serve, args=(plain,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        print(listener.getsockname()[1], flush=True)
        for line in sys.stdin:
            name = line.strip()
            context.load_cert_chain(name + ".pem", name + ".key")
            with say:
                print("shown", flush=True)
        os._exit(0)
        """
}

/// Files of one test.
enum Scratch {
    static func directory() throws -> String {
        let path = FileManager.default.temporaryDirectory.path + "/kubeclient-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    static func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }

    /// In one step, as the kubelet's and every careful writer's rename does.
    static func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    }

    static func read(_ path: String) -> String {
        (try? Data(contentsOf: URL(fileURLWithPath: path))).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    static func withDirectory(_ body: (String) async throws -> Void) async throws {
        let path = try directory()
        defer { remove(path) }
        try await body(path)
    }
}
