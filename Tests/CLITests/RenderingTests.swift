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
        #expect(try SocketPath.resolve(option: "/opt", environment: environment, uid: 7) == "/opt")
        #expect(try SocketPath.resolve(option: nil, environment: environment, uid: 0) == "/env")
        let bare = ["XDG_RUNTIME_DIR": "/run/user/7"]
        #expect(try SocketPath.resolve(option: nil, environment: bare, uid: 0) == "/run/podkeeper/podkeeper.sock")
        #expect(
            try SocketPath.resolve(option: nil, environment: bare, uid: 7) == "/run/user/7/podkeeper/podkeeper.sock")
        #expect(throws: CLIError.self) { try SocketPath.resolve(option: nil, environment: [:], uid: 7) }
    }
}
