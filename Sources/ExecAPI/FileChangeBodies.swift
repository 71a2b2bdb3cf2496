/// The answer of `ExecRoute.write`: bytes written.
package struct WriteResult: Hashable, Sendable, Codable {
    package var size: Int

    package init(size: Int) {
        self.size = size
    }
}

/// The request of `ExecRoute.edit`.
package struct EditBody: Hashable, Sendable, Codable {
    package var path: Base64Bytes
    package var old: Base64Bytes
    package var new: Base64Bytes
    package var replacesAll: Bool

    private enum CodingKeys: String, CodingKey {
        case path = "path_b64"
        case old = "old_b64"
        case new = "new_b64"
        case replacesAll = "replace_all"
    }

    package init(path: Base64Bytes, old: Base64Bytes, new: Base64Bytes, replacesAll: Bool) {
        self.path = path
        self.old = old
        self.new = new
        self.replacesAll = replacesAll
    }
}

package struct EditResult: Hashable, Sendable, Codable {
    package var occurrences: Int

    package init(occurrences: Int) {
        self.occurrences = occurrences
    }
}
