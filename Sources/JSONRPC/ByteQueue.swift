/// Bytes on their way out: whole messages go in, as much as the socket takes comes out.
package struct ByteQueue: Sendable {
    private var segments: [[UInt8]] = []
    /// Index of the first segment that is not written out yet.
    private var head = 0
    /// Bytes of that segment that are written out.
    private var offset = 0
    package private(set) var byteCount = 0

    package init() {}

    package var isEmpty: Bool { byteCount == 0 }

    package mutating func append(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        segments.append(bytes)
        byteCount += bytes.count
    }

    /// Hands the front to `write` until that takes less than it is given. `write` returns how many bytes it took.
    package mutating func drain(_ write: (UnsafeRawBufferPointer) -> Int) {
        while head < segments.count {
            let remaining = segments[head].count - offset
            let taken = segments[head].withUnsafeBytes { write(UnsafeRawBufferPointer(rebasing: $0[offset...])) }
            byteCount -= taken
            guard taken == remaining else {
                offset += taken
                return
            }
            // Released at once, not when the array is compacted: a segment may be megabytes long.
            segments[head] = []
            head += 1
            offset = 0
            if head == segments.count || head >= 64 { compact() }
        }
    }

    private mutating func compact() {
        if head == segments.count { segments.removeAll(keepingCapacity: head < 8) } else { segments.removeFirst(head) }
        head = 0
    }
}
