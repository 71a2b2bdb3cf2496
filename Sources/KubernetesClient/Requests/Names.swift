/// The rules for names that go into a path (RFC 1123 as Kubernetes' "Object Names and IDs" has it).
enum Names {
    /// A DNS label: namespaces, containers.
    static func isLabel(_ text: String) -> Bool {
        text.utf8.count <= 63 && isLabelShape(text.utf8[...])
    }

    /// A DNS subdomain: pods.
    static func isSubdomain(_ text: String) -> Bool {
        guard !text.isEmpty, text.utf8.count <= 253 else { return false }
        return text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            .allSatisfy { isLabelShape($0) }
    }

    private static func isLabelShape(_ bytes: Substring.UTF8View) -> Bool {
        guard let first = bytes.first, let last = bytes.last else { return false }
        return isAlphanumeric(first) && isAlphanumeric(last)
            && bytes.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
