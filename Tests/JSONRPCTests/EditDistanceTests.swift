import JSONRPC
import Testing

@Suite struct EditDistanceTests {
    private let names = ["session.get", "session.list", "session.touch", "sandbox.ls_info", "env"]

    @Test func findsTheNearest() {
        #expect(EditDistance.nearest(to: "session.lits", among: names) == "session.list")
        #expect(EditDistance.nearest(to: "Session.Get", among: names) == "session.get")
        #expect(EditDistance.nearest(to: "sesion.tuch", among: names) == "session.touch")
        #expect(EditDistance.nearest(to: "en", among: names) == "env")
    }

    @Test func givesNothingThatIsFar() {
        #expect(EditDistance.nearest(to: "foo", among: names) == nil)
        #expect(EditDistance.nearest(to: "", among: names) == nil)
        #expect(EditDistance.nearest(to: "session", among: names) == nil)
        #expect(EditDistance.nearest(to: String(repeating: "s", count: 1_000_000), among: names) == nil)
    }
}
