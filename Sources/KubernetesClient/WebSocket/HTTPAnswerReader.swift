import HTTPTransport

/// Reads the HTTP/1.1 answer to an upgrade request from raw bytes: head, and, where the upgrade was refused, body.
struct HTTPAnswerReader {
    /// Of the head, and again of the body.
    static let maximumBytes = 65_536

    enum Violation: Error, Hashable {
        case headTooLong
        case malformed
    }

    private var buffer: [UInt8] = []
    private(set) var head: HTTPResponseHead?
    private var isChunked = false
    private var contentLength: Int?

    /// Bytes after the head. After a 101 they are WebSocket frames already.
    var surplus: [UInt8] { head == nil ? [] : buffer }

    mutating func append(_ bytes: [UInt8]) throws(Violation) {
        buffer += bytes
        guard head == nil else { return }
        guard let end = Self.endOfHead(buffer) else {
            guard buffer.count <= Self.maximumBytes else { throw .headTooLong }
            return
        }
        guard end <= Self.maximumBytes else { throw .headTooLong }
        let parsed = try Self.parse(buffer[..<end])
        buffer.removeSubrange(..<end)
        // 100 and 103 precede the answer proper.
        if (100...199).contains(parsed.status), parsed.status != 101 { return try append([]) }
        head = parsed
        isChunked = parsed.headers["Transfer-Encoding"]?.lowercased().contains("chunked") ?? false
        contentLength = parsed.headers["Content-Length"].flatMap { Int($0.trimmed) }
    }

    /// Whether the body is complete; without a length only the end of the connection tells.
    var isBodyComplete: Bool {
        if buffer.count >= Self.maximumBytes { return true }
        if isChunked { return Self.dechunk(buffer).isComplete }
        return contentLength.map { buffer.count >= $0 } ?? false
    }

    /// As much of the body as has come, at most 64 KiB.
    var body: [UInt8] {
        let bytes = isChunked ? Self.dechunk(buffer).bytes : Array(buffer.prefix(max(0, contentLength ?? Int.max)))
        return Array(bytes.prefix(Self.maximumBytes))
    }

    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        var index = 0
        var lineStart = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "\n") {
                let line = bytes[lineStart..<index]
                if line.isEmpty || line.elementsEqual([UInt8(ascii: "\r")]) { return index + 1 }
                lineStart = index + 1
            }
            index += 1
        }
        return nil
    }

    private static func parse(_ bytes: ArraySlice<UInt8>) throws(Violation) -> HTTPResponseHead {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
            String(decoding: $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0, as: UTF8.self)
        }
        let status = lines[0].split(separator: " ", maxSplits: 2)
        guard status.count >= 2, status[0].hasPrefix("HTTP/1."), status[1].utf8.count == 3, let code = Int(status[1]),
            code >= 100
        else { throw .malformed }
        var fields: [HTTPHeaders.Field] = []
        for line in lines.dropFirst() where !line.isEmpty {
            if line.hasPrefix(" ") || line.hasPrefix("\t") {
                // A folded line (RFC 9112, section 5.2) goes on with the field before it.
                guard !fields.isEmpty else { throw .malformed }
                fields[fields.count - 1].value += " " + line.trimmed
                continue
            }
            guard let colon = line.firstIndex(of: ":") else { throw .malformed }
            fields.append(
                .init(name: String(line[..<colon]), value: String(line[line.index(after: colon)...]).trimmed))
        }
        return HTTPResponseHead(status: code, headers: HTTPHeaders(fields))
    }

    private static func dechunk(_ bytes: [UInt8]) -> (bytes: [UInt8], isComplete: Bool) {
        var result: [UInt8] = []
        var rest = bytes[...]
        while let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = String(decoding: rest[..<newline], as: UTF8.self).trimmed
            guard let size = Int(line.prefix { $0 != ";" }, radix: 16), size >= 0 else { return (result, true) }
            if size == 0 { return (result, true) }
            rest = rest[(newline + 1)...]
            result += rest.prefix(size)
            // The chunk's own line break follows it.
            guard size <= maximumBytes, rest.count >= size + 2 else { return (result, size > maximumBytes) }
            rest = rest.dropFirst(size + 2)
        }
        return (result, false)
    }
}
