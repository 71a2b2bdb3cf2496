/// Cuts a byte stream into lines at `\n`, wherever the chunks of the stream begin and end.
struct LineSplitter {
    /// Longer than any object that etcd stores (1.5 MiB) with room to spare.
    static let maximumLineBytes = 16 << 20

    private var pending: [UInt8] = []
    private let limit: Int

    init(limit: Int = LineSplitter.maximumLineBytes) {
        self.limit = limit
    }

    /// - Returns: the lines that `chunk` completes, without `\n` or `\r\n`; empty ones are left out.
    /// - Throws: `malformedResponse` when a line gets longer than the limit.
    mutating func append(_ chunk: [UInt8]) throws(KubernetesError) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var start = chunk.startIndex
        while let newline = chunk[start...].firstIndex(of: UInt8(ascii: "\n")) {
            try take(chunk[start..<newline])
            start = newline + 1
            if pending.last == UInt8(ascii: "\r") { pending.removeLast() }
            if !pending.isEmpty { lines.append(pending) }
            pending.removeAll(keepingCapacity: pending.count <= 65_536)
        }
        try take(chunk[start...])
        return lines
    }

    private mutating func take(_ bytes: ArraySlice<UInt8>) throws(KubernetesError) {
        guard pending.count + bytes.count <= limit else {
            pending = []
            throw KubernetesError(.malformedResponse, "a line of the watch is longer than \(limit) bytes")
        }
        pending.append(contentsOf: bytes)
    }
}
