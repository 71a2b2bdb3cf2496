import Testing

@testable import CLI

@Suite struct RenderingTests {
    @Test func writesAgesAsPeopleDo() {
        let expected: [(Double, String)] = [
            (0, "0s"), (0.9, "0s"), (59.9, "59s"), (60, "1m"), (312, "5m12s"), (3600, "1h"), (3660, "1h1m"),
            (86_399, "23h59m"), (86_400, "1d"), (180_000, "2d2h"), (-5, "0s"), (.infinity, "-"), (.nan, "-"),
            (1e300, "11574074074d1h"),
        ]
        for (seconds, text) in expected { #expect(Age.text(seconds) == text) }
    }

    @Test func writesShortTimesWithFractions() {
        let expected: [(Double, String)] = [
            (0, "0s"), (0.5, "0.5s"), (0.5034, "0.503s"), (0.00004, "0.001s"), (1, "1s"), (2.345, "2.35s"),
            (12.34, "12.3s"), (59.94, "59.9s"), (59.96, "59s"), (60, "1m"), (312.7, "5m12s"), (-1, "0s"), (.nan, "-"),
        ]
        for (seconds, text) in expected { #expect(Age.precise(seconds) == text) }
    }

    @Test func countsAsPeopleDo() {
        #expect([0, 1, 2].map { Count.text($0, "session") } == ["0 sessions", "1 session", "2 sessions"])
    }

    @Test func alignsColumns() {
        let table = Table(heading: ["A", "LONGER", "C"], rows: [["1234", "x", ""], ["ä", "", "last"]])
        #expect(table.text == "A      LONGER   C\n1234   x        -\nä      -        last")
        #expect(Table(heading: ["A", "B"], rows: []).text == "A   B")
    }

    @Test func listsFieldsThatHaveAValue() {
        #expect(FieldList([("A", "1"), ("Gone", nil), ("Long", "")]).text == "A:     1\nLong:  -")
    }

    @Test func keepsControlCharactersFromTheTerminal() {
        #expect(Printable.text("plain ä 😀") == "plain ä 😀")
        #expect(Printable.text("a\u{1B}[2J\nb\r\u{202E}c\u{7F}") == "a\\u{1B}[2J\\u{A}b\\u{D}\\u{202E}c\\u{7F}")
    }

    @Test func readsKeysAndValues() {
        #expect(KeyValue(argument: "a=b=c").map { [$0.key, $0.value] } == ["a", "b=c"])
        #expect(KeyValue(argument: "a=")?.value == "")
        #expect(KeyValue(argument: "=b") == nil)
        #expect(KeyValue(argument: "a") == nil)
    }

    @Test func readsSeconds() {
        #expect(Seconds(argument: "1.5")?.value == 1.5)
        for wrong in ["0", "-1", "nan", "inf", "1e999", "5s", ""] { #expect(Seconds(argument: wrong) == nil) }
        #expect(Seconds(argument: "1e300")?.duration == .seconds(4e10))
    }

    @Test func findsTheSocket() throws {
        let environment = ["PODKEEPER_SOCKET": "/env", "XDG_RUNTIME_DIR": "/run/user/7"]
        let (own, system) = ("/run/user/7/podkeeper/podkeeper.sock", "/run/podkeeper/podkeeper.sock")
        func resolve(
            _ option: String? = nil, _ environment: [String: String], uid: UInt32 = 7, there: Set<String> = []
        ) throws -> String {
            try SocketPath.resolve(option: option, environment: environment, uid: uid) { there.contains($0) }
        }
        // What was said is not looked for.
        #expect(try resolve("/opt", environment, there: [own, system]) == "/opt")
        #expect(try resolve(nil, environment, uid: 0, there: [own, system]) == "/env")
        let bare = ["XDG_RUNTIME_DIR": "/run/user/7"]
        #expect(try resolve(nil, bare, uid: 0, there: [own]) == system)
        #expect(try resolve(nil, bare) == own)
        #expect(try resolve(nil, bare, there: [own]) == own)
        #expect(try resolve(nil, bare, there: [own, system]) == own)
        // A member of the group podkeeper, on a host whose daemon is the system's.
        #expect(try resolve(nil, bare, there: [system]) == system)
        for nowhere in [[:], ["XDG_RUNTIME_DIR": ""]] {
            #expect(try resolve(nil, nowhere, there: [system]) == system)
            #expect(throws: CLIError.self) { try resolve(nil, nowhere) }
        }
    }
}
