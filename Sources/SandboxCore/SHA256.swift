/// SHA-256 of FIPS 180-4: for names, for comparing tokens, and for telling whether a file changed.
package enum SHA256 {
    /// Bytes of a digest.
    package static let digestBytes = 32

    /// The digest of `bytes`: always 32 bytes.
    package static func hash(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var hasher = SHA256Hasher()
        hasher.update(bytes)
        return hasher.finalize()
    }

    /// The digest as 64 lower-case hexadecimal digits.
    package static func hex(_ bytes: some Sequence<UInt8>) -> String { hex(digest: hash(bytes)) }

    /// A digest that is there already, in the same form.
    package static func hex(digest: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        let text = digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}
