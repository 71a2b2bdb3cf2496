import Foundation

/// An admission webhook that denies whatever it is asked, for an API server on this host: Python's `ssl` in a process of
/// its own, with a certificate made by the `openssl` command.
final class DenyingWebhook: Sendable {
    static let message = "no sandbox without a cost centre"

    /// Whether the API server reaches this host's loopback.
    static var isPossible: Bool {
        guard RealCluster.isThere else { return false }
        let server = try? RealCluster.kubectl(
            "config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}")
        return server?.contains("//127.0.0.1:") == true
    }

    let url: String
    /// Its own authority, as a webhook configuration wants it.
    let authorityBase64: String
    private let directory: URL
    private let process = Process()
    private let input = Pipe()

    init() throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("webhook-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let issue = Process()
        issue.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        issue.arguments =
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
            + ["-days", "2", "-keyout", "key", "-out", "pem", "-subj", "/CN=webhook"]
            + ["-addext", "subjectAltName=IP:127.0.0.1"]
        issue.currentDirectoryURL = directory
        issue.standardError = FileHandle.nullDevice
        try issue.run()
        issue.waitUntilExit()
        authorityBase64 = try Data(contentsOf: directory.appendingPathComponent("pem")).base64EncodedString()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", Self.program, Self.message]
        process.currentDirectoryURL = directory
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let port = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        url = "https://127.0.0.1:\(port.filter(\.isNumber))/"
    }

    deinit {
        // Its end: it reads until its standard input is closed.
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: directory)
    }

    private static let program = """
        import http.server, json, os, ssl, sys, threading

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status = {"code": 403, "message": sys.argv[1]}
                answer = {"uid": review["request"]["uid"], "allowed": False, "status": status}
                body = json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": answer})
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *ignored):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain("pem", "key")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_port, flush=True)
        sys.stdin.read()
        os._exit(0)
        """
}
