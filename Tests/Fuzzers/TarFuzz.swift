import SandboxCore
import Tar

@testable import ExecServer

enum TarFuzz {
    private struct Member: Equatable {
        var entry: TarEntry
        var contents: [UInt8] = []
    }

    /// An archive, whole or in pieces: read, written again, and unpacked where nothing may get out.
    static func archive(_ input: FuzzInput) {
        input.check { read($0).0 }
        let (members, isWhole) = read(input.pieces)
        if isWhole {
            let again = members.reduce(into: [UInt8]()) { bytes, member in
                bytes += TarHeader.blocks(member.entry) + member.contents
                bytes += [UInt8](repeating: 0, count: TarHeader.padding(after: member.entry.size))
            }
            precondition(read([again + TarHeader.end]) == (members, true), "what was read cannot be written")
        }
        ConfinedTree.reset()
        for place in ["d", "new"] {
            unpack(input.pieces, into: place)
            ConfinedTree.checkOutside()
        }
        pack()
    }

    private static func read(_ pieces: [[UInt8]]) -> ([Member], isWhole: Bool) {
        var reader = TarReader()
        var members: [Member] = []
        do throws(TarError) {
            for piece in pieces {
                reader.append(piece)
                while let event = try reader.read() {
                    switch event {
                    case .entry(let entry): members.append(Member(entry: entry))
                    case .contents(let bytes): members[members.count - 1].contents += bytes
                    }
                }
            }
            try reader.finish()
            return (members, true)
        } catch {
            return (members, false)
        }
    }

    private static func unpack(_ pieces: [[UInt8]], into place: String) {
        let files = FileOperations(workDirectory: ConfinedTree.workDirectory)
        do throws(SandboxError) {
            let upload = try ArchiveUpload(SandboxPath(place), files)
            for piece in pieces { try upload.append(piece) }
            try upload.finish()
        } catch {
            precondition(error.kind != .internal, "a fault of our own: \(error)")
        }
    }

    /// Whatever was unpacked can be packed.
    private static func pack() {
        let files = FileOperations(workDirectory: ConfinedTree.workDirectory)
        do {
            let download = try ArchiveDownload(SandboxPath("."), files)
            var reader = TarReader()
            while let (_, piece) = try download.next(4096) {
                reader.append(piece)
                while try reader.read() != nil {}
            }
            try reader.finish()
        } catch {
            preconditionFailure("a directory cannot be packed: \(error)")
        }
    }
}
