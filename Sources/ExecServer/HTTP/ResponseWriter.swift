import ExecAPI
import NIOCore
import NIOHTTP1

/// Writes to one connection; every call returns when the kernel has taken the bytes, which is all the backpressure there
/// is and needs to be: one piece at a time is in memory.
struct ResponseWriter: Sendable {
    let channel: any Channel
    /// The client's version; HTTP/1.0 knows no chunks.
    let version: HTTPVersion

    var knowsChunks: Bool { version.major > 1 || version.minor > 0 }

    func write(_ response: ExecResponse, keepsAlive: Bool) async throws {
        let late = channel.closing(in: ServerLimits.answerTime)
        defer { late.cancel() }
        var headers = HTTPHeaders([(ExecHeader.server, "1")] + response.headers.map { ($0.name, $0.value) })
        headers.add(name: "Content-Type", value: response.contentType)
        headers.add(name: "Content-Length", value: String(response.body.count))
        if !keepsAlive { headers.add(name: "Connection", value: "close") }
        let head = HTTPResponseHead(version: version, status: response.status, headers: headers)
        channel.write(HTTPServerResponsePart.head(head), promise: nil)
        channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: response.body))), promise: nil)
        try await channel.writeAndFlush(HTTPServerResponsePart.end(nil)).get()
    }

    /// Starts a body of unknown length.
    func start(contentType: String) async throws {
        var headers = HTTPHeaders([(ExecHeader.server, "1"), ("Content-Type", contentType)])
        if knowsChunks {
            headers.add(name: "Transfer-Encoding", value: "chunked")
        } else {
            headers.add(name: "Connection", value: "close")
        }
        let head = HTTPResponseHead(version: version, status: .ok, headers: headers)
        try await channel.writeAndFlush(HTTPServerResponsePart.head(head)).get()
    }

    func write(_ bytes: ByteBuffer) async throws {
        try await channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(bytes))).get()
    }

    func end() async throws {
        try await channel.writeAndFlush(HTTPServerResponsePart.end(nil)).get()
    }
}
