import Foundation

/// A real TLS server: Python's `ssl` in a process of its own. The path of the request says what it does.
final class TLSServer {
    let port: Int
    private let process = Process()
    private let control = Pipe()

    init(_ fixture: TLSFixture, certificate: String = "server") throws {
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", Self.program, certificate]
        process.currentDirectoryURL = fixture.directory
        process.standardInput = control
        process.standardOutput = output
        try process.run()
        var line = Data()
        while let byte = try output.fileHandleForReading.read(upToCount: 1), byte != Data([0x0A]) { line += byte }
        port = try Int(String(decoding: line, as: UTF8.self)) ?? { throw ServerFault(what: "TLS server") }()
    }

    var url: String { "https://127.0.0.1:\(port)" }

    /// Lets a `/digest` connection begin to read.
    func go() throws {
        try control.fileHandleForWriting.write(contentsOf: Data("go\n".utf8))
    }

    /// The server ends when its input does.
    func stop() {
        try? control.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    private static let program = """
        import hashlib, json, os, socket, ssl, sys, threading
        name = sys.argv[1]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(name + ".pem", name + ".key")
        context.load_verify_locations("ca.pem")
        context.verify_mode = ssl.CERT_OPTIONAL
        context.set_alpn_protocols(["h2", "http/1.1"])
        names = {}
        context.sni_callback = lambda connection, name, context: names.__setitem__(connection, name)
        listener = socket.create_server(("127.0.0.1", 0))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        go = threading.Event()

        def head(connection):
            data = b""
            while b"\\r\\n\\r\\n" not in data:
                more = connection.recv(65536)
                if not more:
                    return None
                data += more
            return data.split(b"\\r\\n\\r\\n", 1)

        def serve(plain):
            try:
                connection = context.wrap_socket(plain, server_side=True)
                while True:
                    received = head(connection)
                    if received is None:
                        return
                    text, rest = received
                    lines = text.decode().split("\\r\\n")
                    path = lines[0].split(" ")[1]
                    if path == "/burst":
                        connection.sendall(b"HTTP/1.1 101 Switching Protocols\\r\\n\\r\\n" + b"first;second;third;")
                        connection.recv(1)
                        return connection.unwrap()
                    if path.startswith("/digest/"):
                        wanted = int(path[8:])
                        connection.sendall(b"ready")
                        go.wait()
                        digest = hashlib.sha256(rest)
                        got = len(rest)
                        while got < wanted:
                            more = connection.recv(65536)
                            if not more:
                                return
                            digest.update(more)
                            got += len(more)
                        connection.sendall(digest.hexdigest().encode())
                        continue
                    peer = connection.getpeercert() or {}
                    subject = [value for part in peer.get("subject", ()) for key, value in part if key == "commonName"]
                    host = [line[6:] for line in lines if line.lower().startswith("host: ")]
                    body = json.dumps({
                        "sni": names.get(connection) or "", "alpn": connection.selected_alpn_protocol() or "",
                        "host": host[0] if host else "", "client": subject[0] if subject else "",
                        "version": connection.version(), "peer": connection.getpeername()[1],
                    }).encode()
                    connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body)
            except OSError:
                pass
            finally:
                plain.close()

        def accept():
            while True:
                plain, _ = listener.accept()
                threading.Thread(target=serve, args=(plain,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        print(listener.getsockname()[1], flush=True)
        for line in sys.stdin:
            go.set()
        os._exit(0)
        """
}
