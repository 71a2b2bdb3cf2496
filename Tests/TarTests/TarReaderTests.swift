import Tar
import Testing

@Suite struct TarReaderTests {
    private func members() -> [Archive.Member] {
        let long = Array(String(repeating: "directory-", count: 30).utf8)
        let contents = (0..<1500).map { UInt8(truncatingIfNeeded: $0 * 7) }
        return [
            .init(entry: TarEntry(.directory, name: Array("./".utf8), mode: 0o755, modifiedAt: 1)),
            .init(entry: TarEntry(.file, name: Array("empty".utf8), mode: 0o4711, owner: 1000, group: 1000)),
            .init(
                entry: TarEntry(.file, name: [0xFF, 0x0A, 0x20], size: 1500, mode: 0o600, modifiedAt: 2_000_000_000),
                contents: contents),
            .init(
                entry: TarEntry(.file, name: long, size: 512, mode: 0, modifiedAt: -5, owner: 1 << 31),
                contents: Array(contents.prefix(512))),
            .init(entry: TarEntry(.symlink, name: long + [0xFE], linkName: long + [0xFD], mode: 0o777)),
            .init(entry: TarEntry(.hardLink, name: Array("again".utf8), linkName: long, mode: 0o644)),
            .init(entry: TarEntry(.fifo, name: Array(repeating: 0x61, count: 100), mode: 0o600)),
            .init(
                entry: TarEntry(.file, name: Array(repeating: 0x62, count: 101), size: 1, mode: 0o600), contents: [9]),
        ]
    }

    @Test(arguments: [1, 7, 511, 512, 513, .max]) func whatIsWrittenIsReadInWhateverPieces(_ size: Int) throws {
        let archive = Archive(members: members())
        #expect(try Archive(archive.bytes, inPiecesOf: size) == archive)
    }

    @Test func hugeSizes() throws {
        var reader = TarReader()
        let entry = TarEntry(.file, name: [0x61], size: 1 << 40, mode: 0o600)
        reader.append(TarHeader.blocks(entry))
        #expect(try reader.read() == .entry(entry))
    }

    @Test func anArchiveThatIsCutShortIsNone() throws {
        let bytes = Archive(members: members()).bytes
        #expect(throws: Never.self) { try Archive(Array(bytes.dropLast(512))) }
        for count in stride(from: 0, to: bytes.count - 1024, by: 256) {
            #expect(throws: TarError.self) { try Archive(Array(bytes.prefix(count))) }
        }
    }

    @Test func damage() throws {
        let bytes = Archive(members: members()).bytes
        for place in [0, 105, 130, 156] {
            var damaged = bytes
            damaged[place] ^= 1
            let error = #expect(throws: TarError.self) { try Archive(damaged) }
            #expect(error?.description.contains("checksum") == true)
        }
        #expect(throws: TarError.self) { try Archive([UInt8](repeating: 0x41, count: 4096)) }
    }

    /// A header with a right checksum, whatever is in it.
    private func header(_ type: Unicode.Scalar, size: [UInt8] = Array("00000000000\0".utf8)) -> [UInt8] {
        var block = TarHeader.blocks(TarEntry(.file, name: Array("odd".utf8), mode: 0o644))
        block[156] = UInt8(ascii: type)
        block.replaceSubrange(124..<136, with: size)
        block.replaceSubrange(148..<156, with: Array("        ".utf8))
        let sum = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
        let digits = String(repeating: "0", count: 6 - sum.utf8.count) + sum
        block.replaceSubrange(148..<156, with: Array("\(digits)\0 ".utf8))
        return block
    }

    @Test func whatIsNoFileIsRefusedByName() throws {
        for type: Unicode.Scalar in ["3", "4", "S", "M", "Z"] {
            let error = #expect(throws: TarError.self) { try Archive(header(type) + TarHeader.end) }
            #expect(error.map { $0.description.contains("odd") || $0.description.contains("sparse") } == true)
        }
    }

    @Test func sizesThatCannotBe() throws {
        let negative = [UInt8](repeating: 0xFF, count: 12)
        let huge = [0x80] + [UInt8](repeating: 0xFF, count: 11)
        for size in [negative, huge, Array("7777777777z\0".utf8)] {
            #expect(throws: TarError.self) { try Archive(header("0", size: size) + TarHeader.end) }
        }
        // An extended header of 8 GiB is not waited for.
        #expect(throws: TarError.self) { try Archive(header("x", size: Array("77777777777\0".utf8))) }
    }

    private func pax(_ records: String) -> [UInt8] {
        let contents = Array(records.utf8)
        let size = Array(("00000000000" + String(contents.count, radix: 8)).suffix(11).utf8) + [0]
        return header("x", size: size) + contents + [UInt8](repeating: 0, count: 512 - contents.count)
            + header("0") + TarHeader.end
    }

    @Test func paxRecords() throws {
        let name = "a/b\nc"
        let archive = try Archive(pax("14 path=\(name)\n15 mtime=-12.5\n13 comment=x\n"))
        #expect(archive[name]?.entry.modifiedAt == -12)
        for records in [
            "x", "99 path=a\n", "0 path=a\n", "9 path=ab", "5 abc\n", "19 GNU.sparse.size=1\n", "10 size=-1\n",
        ] {
            #expect(throws: TarError.self, "\(records)") { try Archive(pax(records)) }
        }
    }
}
