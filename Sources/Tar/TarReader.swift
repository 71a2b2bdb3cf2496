/// Reads an archive as it comes, in pieces of any size: ustar, GNU's and pax's formats, and what came before them.
/// Holds no more than what was appended last and one header.
package struct TarReader: Sendable {
    package enum Event: Hashable, Sendable {
        case entry(TarEntry)
        /// The next bytes of the latest entry's contents.
        case contents(ArraySlice<UInt8>)
    }

    private enum State {
        case header
        case contents(left: Int64, padding: Int64)
        case skip(Int64)
        case extended(type: Unicode.Scalar, size: Int)
        case ended
    }

    /// Extended headers hold names and attributes, no contents.
    private static let maximumExtensionBytes: Int64 = 1 << 20

    private var state = State.header
    private var buffer: [UInt8] = []
    private var position = 0
    /// For all members to come, and for the next one.
    private var global = TarAttributes()
    private var next: TarAttributes?

    package init() {}

    package mutating func append(_ bytes: [UInt8]) {
        buffer.removeFirst(position)
        position = 0
        // What follows the end is padding.
        if case .ended = state { return }
        buffer += bytes
    }

    /// Nil until more bytes are appended, and after the end.
    package mutating func read() throws(TarError) -> Event? {
        while true {
            switch state {
            case .ended:
                position = buffer.count
                return nil
            case .contents(let left, let padding):
                guard left > 0 else {
                    state = .skip(padding)
                    continue
                }
                let count = min(left, Int64(available))
                guard count > 0 else { return nil }
                state = .contents(left: left - count, padding: padding)
                return .contents(take(Int(count)))
            case .skip(let count):
                let now = min(count, Int64(available))
                position += Int(now)
                guard now == count else {
                    state = .skip(count - now)
                    return nil
                }
                state = .header
            case .extended(let type, let size):
                guard available >= size else { return nil }
                try merge(type, take(size))
                state = .skip(TarFormat.padding(after: Int64(size)))
            case .header:
                guard available >= TarFormat.blockBytes else { return nil }
                if let entry = try header(take(TarFormat.blockBytes)) { return .entry(entry) }
            }
        }
    }

    /// To be called when all was appended and read. Throws for an archive that has no end.
    package func finish() throws(TarError) {
        guard case .ended = state, next == nil else { throw .truncated }
    }

    private var available: Int { buffer.count - position }

    private mutating func take(_ count: Int) -> ArraySlice<UInt8> {
        defer { position += count }
        return buffer[position..<(position + count)]
    }

    /// Nil for a header that is no member's.
    private mutating func header(_ block: ArraySlice<UInt8>) throws(TarError) -> TarEntry? {
        guard block.contains(where: { $0 != 0 }) else {
            // A second block of zeros belongs here as well, but not every writer makes it.
            state = .ended
            return nil
        }
        let header = try TarHeaderBlock(block)
        switch header.type {
        case "x", "X", "g", "L", "K":
            guard header.size <= Self.maximumExtensionBytes else {
                throw TarError("an extended header of it is larger than \(Self.maximumExtensionBytes) bytes")
            }
            state = .extended(type: header.type, size: Int(header.size))
            return nil
        // GNU's name of a volume.
        case "V":
            state = .skip(header.size + TarFormat.padding(after: header.size))
            return nil
        default: break
        }
        let attributes = next ?? global
        next = nil
        let (entry, skipped) = try header.entry(attributes)
        state =
            entry.kind == .file
            ? .contents(left: entry.size, padding: TarFormat.padding(after: entry.size))
            : .skip(skipped + TarFormat.padding(after: skipped))
        return entry
    }

    private mutating func merge(_ type: Unicode.Scalar, _ contents: ArraySlice<UInt8>) throws(TarError) {
        if type == "g" { return try global.merge(pax: contents) }
        var attributes = next ?? global
        switch type {
        case "L": attributes.name = Array(contents.prefix { $0 != 0 })
        case "K": attributes.linkName = Array(contents.prefix { $0 != 0 })
        default: try attributes.merge(pax: contents)
        }
        next = attributes
    }
}
