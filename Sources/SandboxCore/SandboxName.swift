/// The name of a sandbox: `<prefix>-<slug of the id>-<8 hex of SHA-256(instance, id)>-<generation>`.
///
/// Pods, local directories and host names carry it, so it is always a label of RFC 1123 (as Kubernetes has it:
/// 1 to 63 of `a`…`z`, `0`…`9` and `-`, a letter or digit at both ends). The slug is for people; the hash is what tells
/// two ids apart that have the same slug (`User.A`, `user-a`), and two daemons in one namespace.
package enum SandboxName {
    /// What RFC 1123 and Kubernetes allow for a label.
    package static let maximumBytes = 63
    package static let maximumSlugBytes = 30
    /// Leaves room for the hash and for every generation an `Int` can hold.
    package static let maximumPrefixBytes = 32
    package static let hashDigits = 8

    /// Throws `SandboxError` of kind `invalid` for a prefix that would not come out of `make` as it went in.
    package static func validate(prefix: String) throws(SandboxError) {
        guard !prefix.isEmpty, slug(prefix, maximumBytes: maximumPrefixBytes) == prefix else {
            throw .invalid(
                "the prefix of sandbox names must be 1 to \(maximumPrefixBytes) of a-z, 0-9 and single hyphens, "
                    + "with a letter or digit at both ends; this one is '\(prefix)'")
        }
    }

    /// The same arguments always give the same name. A prefix that `validate` refuses is made fit like an id.
    package static func make(prefix: String, instance: String, sessionID: SessionID, generation: Int) -> String {
        let head = slug(prefix, maximumBytes: maximumPrefixBytes)
        let tail = "\(hash(instance: instance, sessionID: sessionID))-\(generation.magnitude)"
        let room = maximumBytes &- head.utf8.count &- tail.utf8.count &- 2
        let middle = slug(sessionID.rawValue, maximumBytes: min(maximumSlugBytes, room))
        return [head, middle, tail].filter { !$0.isEmpty }.joined(separator: "-")
    }

    /// The 8 hexadecimal digits of the name, which are also the session's label in a cluster.
    package static func hash(instance: String, sessionID: SessionID) -> String {
        // Neither side can hold a NUL, so no two pairs give the same bytes.
        let digest = SHA256.hex(Array(instance.utf8) + [0] + Array(sessionID.rawValue.utf8))
        return String(digest.prefix(hashDigits))
    }

    /// Letters and digits of ASCII in lower case; every run of anything else is one hyphen, none at either end.
    static func slug(_ text: String, maximumBytes: Int) -> String {
        var bytes: [UInt8] = []
        var isGap = false
        for byte in text.utf8 {
            let lower = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
            switch lower {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                let needed = isGap && !bytes.isEmpty ? 2 : 1
                guard bytes.count &+ needed <= maximumBytes else { return String(decoding: bytes, as: UTF8.self) }
                if needed == 2 { bytes.append(UInt8(ascii: "-")) }
                bytes.append(lower)
                isGap = false
            default: isGap = true
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
