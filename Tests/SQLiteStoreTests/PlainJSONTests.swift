import Foundation
import SessionManager
import Testing

@testable import SQLiteStore

@Suite struct PlainJSONTests {
    @Test func readsWhatIsWritten() throws {
        var info = SandboxInfo(
            name: "pod", uid: "u-1", namespace: "agents", node: "node", ip: "fd00::1", image: "registry/team/image:1",
            mode: "http", pid: -7, workDirectory: "/work \"x\" \\ é/")
        info.timing = ["create": 0.012, "ready": 61.5, "schedule": 0]
        for info in [info, SandboxInfo(name: "n", uid: "", workDirectory: "/")] {
            let text = try SessionColumns.json(info)
            #expect(PlainJSON.sandbox(text) == info, "\(text)")
            #expect(try JSONDecoder().decode(SandboxInfo.self, from: Data(text.utf8)) == info)
        }
        for map in [[:], ["a": "b"], ["a/b": "c\\/\"", "": ""]] {
            #expect(PlainJSON.texts(try SessionColumns.json(map)) == map)
        }
    }

    @Test(arguments: [
        "", "{", "{}", #"{"name":"n"}"#, #"{"name":"n","uid":"u","workDirectory":"/"} "#,
        #"{"name":"n","uid":"u","workDirectory":"/""#, #"{"name":"n","uid":"u","workDirectory":"/",}"#,
        #"{"name":"n","uid":"u","workDirectory":"\u002f"}"#, #"{"name":null,"uid":"u","workDirectory":"/"}"#,
        #"{"name":"n","uid":"u","workDirectory":"/","pid":1.5}"#, #"{"name":"n","uid":"u","workDirectory":"/","x":1}"#,
        #"{"name":"n","uid":"u","workDirectory":"/","timing":{"ready":}}"#, "{\"name\":\"n\\", "[]", "\"\\",
    ]) func leavesTheRestToOthers(text: String) {
        #expect(PlainJSON.sandbox(text) == nil)
    }
}
