import SandboxCore
import Testing

@Suite struct SHA256Tests {
    /// The examples of FIPS 180-4, and the bytes `i % 251` at lengths around the edges of a block, as sha256sum has them.
    @Test(arguments: [
        ([UInt8]("abc".utf8), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (pattern(0), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (pattern(1), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        (pattern(55), "463eb28e72f82e0a96c0a4cc53690c571281131f672aa229e0d45ae59b598b59"),
        (pattern(56), "da2ae4d6b36748f2a318f23e7ab1dfdf45acdc9d049bd80e59de82a60895f562"),
        (pattern(63), "29af2686fd53374a36b0846694cc342177e428d1647515f078784d69cdb9e488"),
        (pattern(64), "fdeab9acf3710362bd2658cdc9a29e8f9c757fcf9811603a8c447cd1d9151108"),
        (pattern(65), "4bfd2c8b6f1eec7a2afeb48b934ee4b2694182027e6d0fc075074f2fabb31781"),
        (pattern(120), "f52b23db1fbb6ded89ef42a23ce0c8922c45f25c50b568a93bf1c075420bbb7c"),
        (pattern(1000), "4e4c294b331f7a2099a379bec34b9f9fc03dc46ab465d998f4d683da53487e6d"),
    ])
    func digest(bytes: [UInt8], hex: String) {
        #expect(SHA256.hex(bytes) == hex)
        #expect(SHA256.hash(bytes).count == SHA256.digestBytes)
    }

    @Test func piecesAreTheSameAsTheWhole() {
        for cut in [0, 1, 63, 64, 65, 127, 200] {
            var hasher = SHA256Hasher()
            hasher.update(pattern(200)[..<cut])
            hasher.update(pattern(200)[cut...])
            #expect(hasher.finalize() == SHA256.hash(pattern(200)))
        }
    }
}

func pattern(_ count: Int) -> [UInt8] { (0..<count).map { UInt8($0 % 251) } }
