import SandboxCore
import Testing

@Suite struct Base64Tests {
    /// RFC 4648 §10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func vectors(plain: String, coded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == Array(coded.utf8))
        #expect(Base64.decode(Array(coded.utf8)) == Array(plain.utf8))
    }

    @Test func everyByteAndLengthSurvives() {
        let all = (0...255).map { UInt8($0) }
        for length in 0...all.count {
            let bytes = Array(all.suffix(length))
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
    }

    @Test func lineBreaksAreSkipped() {
        #expect(Base64.decode(Array("Zm9v\r\nYmFy\n".utf8)) == Array("foobar".utf8))
    }

    @Test(arguments: ["Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z=g=", "Zm9v=", "Zm 9v", "Zm9v-", "=", "===="])
    func rejects(text: String) {
        #expect(Base64.decode(Array(text.utf8)) == nil)
    }
}
