/// The name rules of the Kubernetes API (k8s.io/apimachinery, util/validation).
package enum KubernetesNames {
    /// A DNS-1123 label: 1 to 63 of `a`…`z`, `0`…`9` and `-`, alphanumeric at both ends.
    package static func isLabel(_ text: String) -> Bool {
        (1...63).contains(text.utf8.count) && isJoined(text.utf8, isEnd: isLower, isMiddle: { $0 == UInt8(ascii: "-") })
    }

    /// A DNS-1123 subdomain: labels joined by dots, at most 253 characters.
    package static func isSubdomain(_ text: String) -> Bool {
        guard (1...253).contains(text.utf8.count) else { return false }
        return text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy {
            isJoined($0, isEnd: isLower, isMiddle: { $0 == UInt8(ascii: "-") })
        }
    }

    /// The key of a label or annotation: `name` or `subdomain/name`.
    package static func isQualifiedName(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let name = parts.last, parts.count <= 2, (1...63).contains(name.utf8.count) else { return false }
        guard parts.count == 1 || isSubdomain(String(parts[0])) else { return false }
        return isJoined(name.utf8, isEnd: isAlphanumeric, isMiddle: isLabelMiddle)
    }

    /// A label's value: empty, or at most 63 of `A`…`Z`, `a`…`z`, `0`…`9`, `-`, `_` and `.`, alphanumeric at both ends.
    package static func isLabelValue(_ text: String) -> Bool {
        text.isEmpty || (text.utf8.count <= 63 && isJoined(text.utf8, isEnd: isAlphanumeric, isMiddle: isLabelMiddle))
    }

    /// An environment variable that every shell can also read: `[A-Za-z_][A-Za-z0-9_]*`.
    package static func isEnvironmentName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return text.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "_") }
    }

    private static func isJoined(
        _ bytes: some BidirectionalCollection<UInt8>, isEnd: (UInt8) -> Bool, isMiddle: (UInt8) -> Bool
    ) -> Bool {
        guard let first = bytes.first, let last = bytes.last, isEnd(first), isEnd(last) else { return false }
        return bytes.allSatisfy { isEnd($0) || isMiddle($0) }
    }

    private static func isLower(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isLower(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }

    private static func isLabelMiddle(_ byte: UInt8) -> Bool {
        [UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ".")].contains(byte)
    }
}
