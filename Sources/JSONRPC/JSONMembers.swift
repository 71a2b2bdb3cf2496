/// An object's members, found by name.
struct JSONMembers {
    /// More than that are looked up by hash: a peer may send an object of any number of members.
    private static let scannedMembers = 16

    let all: [JSONOutline.Member]
    private let index: [String: Range<Int>]?

    /// Of two equal names the first counts.
    init(_ members: [JSONOutline.Member]) {
        all = members
        guard members.count > Self.scannedMembers else {
            index = nil
            return
        }
        index = Dictionary(members.lazy.map { ($0.name, $0.value) }) { first, _ in first }
    }

    subscript(name: String) -> Range<Int>? {
        if let index { return index[name] }
        return all.first { $0.name == name }?.value
    }
}
