import Testing

@testable import SandboxCore

@Suite struct SandboxNameTests {
    private static func name(
        _ id: String, instance: String = "i-1", prefix: String = "sandbox", generation: Int = 1
    ) throws -> String {
        SandboxName.make(
            prefix: prefix, instance: instance, sessionID: try SessionID(id), generation: generation)
    }

    private static func isLabel(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        let isAlphanumeric = { (byte: UInt8) in (97...122).contains(byte) || (48...57).contains(byte) }
        return (1...63).contains(bytes.count) && bytes.allSatisfy { isAlphanumeric($0) || $0 == 45 }
            && bytes.first.map(isAlphanumeric) == true && bytes.last.map(isAlphanumeric) == true
    }

    @Test func `the parts are where they should be`() throws {
        // printf 'i-1\0user-42' | sha256sum
        #expect(try Self.name("user-42") == "sandbox-user-42-" + SHA256.hex("i-1\0user-42".utf8).prefix(8) + "-1")
        #expect(try Self.name("---", generation: 12).split(separator: "-").count == 3)
    }

    @Test(arguments: [
        ("User.A", "user-a"), ("--a--b--", "a-b"), ("…", ""), ("Ä1ö", "1"), ("a_b c", "a-b-c"),
        (String(repeating: "x", count: 40), String(repeating: "x", count: 30)),
        (String(repeating: "x", count: 29) + "-y", String(repeating: "x", count: 29)),
        (String(repeating: "x", count: 28) + "-y", String(repeating: "x", count: 28) + "-y"),
    ])
    func `slugs`(_ id: String, _ slug: String) {
        #expect(SandboxName.slug(id, maximumBytes: 30) == slug)
    }

    @Test func `every id gives a label, whatever its bytes and the generation`() throws {
        var generator = SeededGenerator(seed: 42)
        for length in 1...60 {
            let scalars = (0..<length).compactMap { _ in
                Unicode.Scalar(UInt32.random(in: 0x20...0x7E, using: &generator))
            }
            let id = String(String.UnicodeScalarView(scalars))
            for generation in [1, 999_999, .max] {
                for prefix in ["s", String(repeating: "p", count: SandboxName.maximumPrefixBytes)] {
                    let name = try Self.name(id, prefix: prefix, generation: generation)
                    #expect(Self.isLabel(name) && name.hasSuffix("-\(generation)"), "\(id)")
                }
            }
        }
    }

    @Test func `no two sessions, generations or daemons share a name`() throws {
        let names = try [
            Self.name("User.A"), Self.name("user-a"), Self.name("user_a"), Self.name("a"),
            Self.name("a", generation: 2), Self.name("a", instance: "i-2"), Self.name("é"), Self.name("e\u{301}"),
        ]
        #expect(Set(names).count == names.count)
    }

    @Test(arguments: ["", "-a", "a-", "A", "a.b", "a--b", "ä", String(repeating: "p", count: 33)])
    func `prefixes that would not come out as they went in are refused`(_ prefix: String) {
        #expect(throws: SandboxError.self) { try SandboxName.validate(prefix: prefix) }
    }

    @Test func `good prefixes are taken`() throws {
        for prefix in ["sandbox", "a", "a-1", String(repeating: "p", count: 32)] {
            try SandboxName.validate(prefix: prefix)
        }
    }
}
