import Tar

/// A whole archive as the tests compare it.
struct Archive: Equatable {
    struct Member: Equatable {
        var entry: TarEntry
        var contents: [UInt8] = []
    }

    var members: [Member] = []

    /// Reads it in pieces of `size` bytes.
    init(_ bytes: [UInt8], inPiecesOf size: Int = .max) throws {
        var reader = TarReader()
        var rest = bytes[...]
        while !rest.isEmpty {
            reader.append(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
            while let event = try reader.read() {
                switch event {
                case .entry(let entry): members.append(Member(entry: entry))
                case .contents(let bytes): members[members.count - 1].contents += bytes
                }
            }
        }
        try reader.finish()
    }

    init(members: [Member]) { self.members = members }

    var bytes: [UInt8] {
        members.reduce(into: []) { bytes, member in
            bytes += TarHeader.blocks(member.entry) + member.contents
            bytes += [UInt8](repeating: 0, count: TarHeader.padding(after: member.entry.size))
        } + TarHeader.end
    }

    subscript(_ name: String) -> Member? { members.first { $0.entry.name == Array(name.utf8) } }
}
