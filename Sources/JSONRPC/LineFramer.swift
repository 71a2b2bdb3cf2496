import Glibc

/// Cuts a stream of bytes into lines ended by `\n`; one line is one message.
///
/// Never holds more than `maximumLineBytes` and what one `append` brings. A longer line is reported once, at the byte
/// that is too much, and skipped up to its end: the connection stays usable.
package struct LineFramer: Sendable {
    package enum Event: Hashable, Sendable {
        /// Without its `\n` (and a `\r` before it); never blank.
        case line([UInt8])
        /// With the beginning of the line, to find out whose it is.
        case tooLong([UInt8])
    }

    private let maximumLineBytes: Int
    private var partial: [UInt8] = []
    private var isSkipping = false

    package init(maximumLineBytes: Int) {
        self.maximumLineBytes = maximumLineBytes
    }

    /// Bytes of a line whose end has not come yet.
    package var bufferedBytes: Int { partial.count }

    /// Takes the next bytes of the stream and gives what they complete, in order.
    package mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) -> [Event] {
        var events: [Event] = []
        var rest = bytes
        while let start = rest.baseAddress, let found = memchr(start, Int32(UInt8(ascii: "\n")), rest.count) {
            let newline = UnsafeRawPointer(found) - UnsafeRawPointer(start)
            take(UnsafeBufferPointer(rebasing: rest[..<newline]), into: &events)
            rest = UnsafeBufferPointer(rebasing: rest[(newline + 1)...])
            endLine(into: &events)
        }
        take(rest, into: &events)
        return events
    }

    package mutating func append(_ bytes: some Sequence<UInt8>) -> [Event] {
        Array(bytes).withUnsafeBufferPointer { append($0) }
    }

    /// Gives away what has come of the line whose end has not, and skips the rest of it.
    package mutating func skipLine() -> [UInt8] {
        isSkipping = true
        return partial.takeAll()
    }

    private mutating func take(_ bytes: UnsafeBufferPointer<UInt8>, into events: inout [Event]) {
        guard !isSkipping else { return }
        guard bytes.count <= maximumLineBytes - partial.count else {
            partial.append(contentsOf: bytes.prefix(maximumLineBytes - partial.count))
            events.append(.tooLong(skipLine()))
            return
        }
        partial.append(contentsOf: bytes)
    }

    private mutating func endLine(into events: inout [Event]) {
        guard !isSkipping else {
            isSkipping = false
            return
        }
        if partial.last == UInt8(ascii: "\r") { partial.removeLast() }
        let line = partial.takeAll()
        let isBlank = line.allSatisfy { $0 == 0x20 || $0 == 0x09 }
        if !isBlank { events.append(.line(line)) }
    }
}

extension [UInt8] {
    /// Moves everything out. Not `removeAll(keepingCapacity:)`: an idle connection must not keep the room that its
    /// largest message took.
    fileprivate mutating func takeAll() -> [UInt8] {
        let bytes = self
        self = []
        return bytes
    }
}
