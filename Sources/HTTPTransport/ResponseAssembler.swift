/// Builds the head of the final answer from the header lines that libcurl hands over one by one.
struct ResponseAssembler {
    /// Of all lines of one answer together.
    static let maximumHeaderBytes = 256 << 10

    private(set) var head: HTTPResponseHead?
    private var draft: HTTPResponseHead?
    private var bytes = 0

    /// Takes one line with its line end.
    /// - Returns: false when the headers are too large.
    mutating func take(_ line: UnsafeRawBufferPointer) -> Bool {
        bytes += line.count
        guard bytes <= Self.maximumHeaderBytes else { return false }
        // What comes after the head is a trailer.
        guard head == nil else { return true }
        let text = line[...].trimmingLineEnd()
        if text.starts(with: "HTTP/".utf8) {
            draft = HTTPResponseHead(status: Self.status(text))
        } else if text.isEmpty {
            // 1xx are followed by the real answer; 101 never is.
            if let draft, draft.status >= 200 || draft.status == 101 { head = draft }
            draft = nil
        } else if text.first != 0x20, text.first != 0x09, let colon = text.firstIndex(of: UInt8(ascii: ":")) {
            // Lines that begin with a blank would continue the one before (obsolete, RFC 9112, section 5.2): left out.
            let name = String(decoding: text[..<colon], as: UTF8.self)
            let value = text[text.index(after: colon)...].trimmingBlanks()
            draft?.headers.add(name, String(decoding: value, as: UTF8.self))
        }
        return true
    }

    /// The number in `HTTP/1.1 200 OK`; libcurl has checked the line.
    private static func status(_ line: Slice<UnsafeRawBufferPointer>) -> Int {
        let digits = line.drop { $0 != 0x20 }.drop { $0 == 0x20 }.prefix { (0x30...0x39).contains($0) }.prefix(3)
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}

extension Slice<UnsafeRawBufferPointer> {
    fileprivate func trimmingLineEnd() -> Self {
        var result = self
        while let last = result.last, last == 0x0A || last == 0x0D { result = result.dropLast() }
        return result
    }

    /// Spaces and tabs at both ends.
    fileprivate func trimmingBlanks() -> Self {
        var result = drop { $0 == 0x20 || $0 == 0x09 }
        while let last = result.last, last == 0x20 || last == 0x09 { result = result.dropLast() }
        return result
    }
}
