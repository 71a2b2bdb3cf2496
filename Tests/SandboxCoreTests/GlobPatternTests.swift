import SandboxCore
import Testing

@Suite struct GlobPatternTests {
    @Test(arguments: [
        ("*.py", ["a.py", "src/a.py", "a/b/c/.hidden.py"], ["a.pyc", "py", "a.py/x"]),
        ("**/*.py", ["a.py", "src/a.py", "a/b/c.py"], ["a.txt"]),
        ("./**/*.py", ["a.py", "src/a.py"], ["a.txt"]),
        ("./*.py", ["a.py"], ["src/a.py"]),
        ("src/*.py", ["src/a.py"], ["a.py", "src/b/a.py", "x/src/a.py"]),
        ("src/**", ["src/a", "src/a/b/c"], ["src", "x/src/a"]),
        ("src/**/t/*.c", ["src/t/a.c", "src/a/b/t/a.c"], ["src/a.c", "t/a.c", "src/t/x/a.c"]),
        ("**", ["a", "a/b"], []),
        ("**/**/a", ["a", "x/a", "x/y/a"], ["b", "a/b"]),
        ("a**b/c", ["ab/c", "axxb/c"], ["a/b/c"]),
        ("[ab].py", ["a.py", "b.py", "x/a.py"], ["c.py", "ab.py"]),
        ("[!ab].py", ["c.py", "é.py"], ["a.py", "b.py"]),
        ("[^ab]", ["c"], ["a"]),
        ("[a-c-]", ["a", "b", "c", "-"], ["d"]),
        ("[]a]", ["]", "a"], ["b"]),
        ("[!]]", ["a"], ["]"]),
        ("[", ["["], ["a"]),
        ("[a", ["[a"], ["a"]),
        ("[z-a]", [], ["a", "z", "-"]),
        ("?", ["a", "é", "日", "/a"], ["ab", "éé", ""]),
        ("[é]", ["é"], ["e", "à"]),
        ("*.{py,txt}", ["a.py", "x/b.txt"], ["a.c"]),
        ("{src,lib}/**/*.{c,h}", ["src/a.c", "lib/x/y.h"], ["a.c", "src/a.py"]),
        ("{a,b{c,d{e,f}}}x", ["ax", "bcx", "bdex", "bdfx"], ["bx", "bdx", "x"]),
        ("{a}", ["{a}"], ["a"]),
        ("{a,b", ["{a,b"], ["a"]),
        ("a{,b}", ["a", "ab"], ["a{,b}"]),
        (#"\*.py"#, ["*.py"], ["a.py"]),
        (#"\{a,b\}"#, ["{a,b}"], ["a"]),
        (#"a\"#, [#"a\"#], ["a"]),
        ("a//b/./c", ["a/b/c"], ["a/c"]),
        ("src/", [], ["src", "src/a"]),
        ("/src/*.py", ["src/a.py"], ["x/src/a.py"]),
    ])
    func matching(pattern: String, matching: [String], others: [String]) throws {
        let glob = try GlobPattern(pattern)
        for path in matching { #expect(glob.matches(Array(path.utf8)), "\(pattern) should match \(path)") }
        for path in others { #expect(!glob.matches(Array(path.utf8)), "\(pattern) should not match \(path)") }
    }

    @Test func bytesThatAreNotTextAreSingleCharacters() throws {
        #expect(try GlobPattern("a?c").matches([0x61, 0xFF, 0x63]))
        #expect(try GlobPattern("[!a]").matches([0xC3]))
        #expect(try !GlobPattern("?").matches([0xC3, 0x28]))
        #expect(try GlobPattern(bytes: [0xFF, 0x2A]).matches([0xFF, 0x41]))
        #expect(try !GlobPattern(bytes: [0xFF]).matches([0xFE]))
        #expect(try !GlobPattern(bytes: [0xFF]).matches(Array("\u{FFFD}".utf8)))
    }

    @Test func absolutePatternsAreComparedWithTheAbsolutePath() throws {
        let root = Array("/work/space".utf8)
        let glob = try GlobPattern("/work/*/src/*.py")
        #expect(glob.matches(Array("src/a.py".utf8), root: root))
        #expect(!glob.matches(Array("src/a.py".utf8), root: Array("/other".utf8)))
        #expect(glob.literalRoot == Array("/work".utf8))
        #expect(try GlobPattern("/a/{b,c}/*.py").literalRoot == Array("/a".utf8))
        #expect(try GlobPattern("/*.py").literalRoot == Array("/".utf8))
        #expect(try GlobPattern("{/a/*,b}").literalRoot == nil)
    }

    @Test(arguments: ["", "../x", "a/../b", "a\u{0}b"])
    func refused(pattern: String) {
        let error = #expect(throws: SandboxError.self) { try GlobPattern(pattern) }
        #expect(error?.kind == .invalid)
    }

    @Test func bracesAreBounded() throws {
        let eight = String(repeating: "{a,b}", count: 8)
        #expect(try GlobPattern(eight).matches(Array("abababab".utf8)))
        for count in [9, 60, 800] {
            #expect(throws: SandboxError.self) { try GlobPattern(String(repeating: "{a,b}", count: count)) }
        }
        #expect(throws: SandboxError.self) { try GlobPattern(String(repeating: "x", count: 4097)) }
        // Deep nesting that stands for little is fine.
        let deep = String(repeating: "{a,", count: 200) + "b" + String(repeating: "}", count: 200)
        #expect(try GlobPattern(deep).matches(Array("b".utf8)))
    }

    /// Exponential for a matcher that tries every way; here the work is counted by how long the test suite takes.
    @Test func manyStarsStayCheap() throws {
        let stars = String(repeating: "*a", count: 100) + "b"
        #expect(try !GlobPattern(stars).matches([UInt8](repeating: 0x61, count: 255)))
        let globstars = String(repeating: "**/a/", count: 40) + "b"
        let deep = String(repeating: "a/", count: 120) + "c"
        #expect(try !GlobPattern(globstars).matches(Array(deep.utf8)))
    }

    @Test func aWalkerKnowsWhereNothingCanMatch() throws {
        let glob = try GlobPattern("src/*/test/**/*.py")
        let root = Array("/".utf8)
        func canEnter(_ path: String) -> Bool {
            var position = glob.start(root: root)
            for name in path.split(separator: "/") { position = glob.advance(position, name: Array(name.utf8)) }
            return glob.canContinue(position)
        }
        #expect(canEnter("src") && canEnter("src/a") && canEnter("src/a/test") && canEnter("src/a/test/x/y"))
        #expect(!canEnter("lib") && !canEnter("src/a/main") && !canEnter("node_modules/src"))
    }

    @Test func nameFiltersLetEveryMatchThrough() throws {
        #expect(try GlobPattern("**/*.py").nameFilters == ["*.py"])
        #expect(try GlobPattern("*.{c,h}").nameFilters == ["*.c", "*.h"])
        #expect(try GlobPattern("a[bc]?d").nameFilters == ["a*d"])
        #expect(try GlobPattern("é'x").nameFilters == [#"*\'x"#])
        #expect(try GlobPattern("src/**").nameFilters == nil)
        #expect(try GlobPattern(#"\*é"#).nameFilters == [#"\**"#])
    }
}
