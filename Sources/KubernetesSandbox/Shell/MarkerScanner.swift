/// Finds marker lines in a stream of bytes: `<marker><text>\n`. What is not part of one is output and passes through,
/// whatever bytes it is and wherever pieces of the stream are cut.
struct MarkerScanner: Sendable {
    enum Item: Hashable, Sendable {
        case output([UInt8])
        /// What stood between the marker and the end of its line.
        case mark(String)
    }

    /// Longer than any text behind a marker; more without a newline is output that happens to hold the marker.
    private static let maximumText = 64

    private let marker: [UInt8]
    private var pending: [UInt8] = []

    /// The marker must not be empty.
    init(marker: String) {
        self.marker = Array(marker.utf8)
    }

    mutating func feed(_ bytes: [UInt8]) -> [Item] {
        pending += bytes
        var items: [Item] = []
        while let start = Self.find(marker, in: pending) {
            let textStart = start &+ marker.count
            guard let end = pending[textStart...].firstIndex(of: UInt8(ascii: "\n")) else {
                if pending.count &- textStart > Self.maximumText { break }
                Self.appendOutput(pending[..<start], to: &items)
                pending.removeFirst(start)
                return items
            }
            Self.appendOutput(pending[..<start], to: &items)
            items.append(.mark(String(decoding: pending[textStart..<end], as: UTF8.self)))
            pending.removeFirst(end &+ 1)
        }
        let kept = heldBack
        Self.appendOutput(pending.dropLast(kept), to: &items)
        pending.removeFirst(pending.count &- kept)
        return items
    }

    /// Everything that is held back as the possible start of a marker: at the end of the stream it was none.
    mutating func finish() -> [UInt8] {
        defer { pending = [] }
        return pending
    }

    /// How many bytes at the end may be the start of a marker.
    private var heldBack: Int {
        let most = min(marker.count &- 1, pending.count)
        guard most > 0 else { return 0 }
        return (1...most).last { pending.suffix($0).elementsEqual(marker.prefix($0)) } ?? 0
    }

    private static func appendOutput(_ bytes: ArraySlice<UInt8>, to items: inout [Item]) {
        if !bytes.isEmpty { items.append(.output(Array(bytes))) }
    }

    private static func find(_ marker: [UInt8], in bytes: [UInt8]) -> Int? {
        guard bytes.count >= marker.count, let first = marker.first else { return nil }
        var from = 0
        while let start = bytes[from...].firstIndex(of: first), start &+ marker.count <= bytes.count {
            if bytes[start..<(start &+ marker.count)].elementsEqual(marker) { return start }
            from = start &+ 1
        }
        return nil
    }
}
