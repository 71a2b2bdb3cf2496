/// A stream and a way to cut it: the first byte is the size of the pieces, 0 for all at once.
struct FuzzInput {
    let whole: [UInt8]
    let pieces: [[UInt8]]

    init(_ bytes: [UInt8]) {
        let whole = Array(bytes.dropFirst())
        self.whole = whole
        let size = bytes.first.map { $0 == 0 ? whole.count : Int($0) } ?? 0
        pieces =
            size == 0
            ? [whole]
            : stride(from: 0, to: whole.count, by: size).map { Array(whole[$0..<min($0 + size, whole.count)]) }
    }

    /// What `read` makes of the stream must not depend on the pieces.
    func check<Meaning: Equatable>(_ read: (_ pieces: [[UInt8]]) -> Meaning) {
        precondition(read(pieces) == read([whole]), "the same bytes, cut elsewhere, mean something else")
    }
}
