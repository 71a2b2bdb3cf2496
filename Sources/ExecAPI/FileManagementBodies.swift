/// The request of `ExecRoute.stat`.
package struct StatBody: Hashable, Sendable, Codable {
    package var path: Base64Bytes
    package var followsLink: Bool

    private enum CodingKeys: String, CodingKey {
        case path = "path_b64"
        case followsLink = "follow"
    }

    package init(path: Base64Bytes, followsLink: Bool) {
        self.path = path
        self.followsLink = followsLink
    }
}

package struct StatResult: Hashable, Sendable, Codable {
    /// `file`, `directory`, `symlink` or `other`.
    package var kind: String
    /// Of regular files only.
    package var size: Int64?
    package var mode: UInt32
    /// Seconds since 1970-01-01 UTC.
    package var modifiedAt: Double
    package var owner: UInt32
    package var group: UInt32
    /// Of symlinks only.
    package var linkTarget: Base64Bytes?

    private enum CodingKeys: String, CodingKey {
        case kind, size, mode
        case modifiedAt = "modified_at"
        case owner = "uid"
        case group = "gid"
        case linkTarget = "target_b64"
    }

    package init(
        kind: String, size: Int64?, mode: UInt32, modifiedAt: Double, owner: UInt32, group: UInt32,
        linkTarget: Base64Bytes?
    ) {
        self.kind = kind
        self.size = size
        self.mode = mode
        self.modifiedAt = modifiedAt
        self.owner = owner
        self.group = group
        self.linkTarget = linkTarget
    }
}

/// The request of `ExecRoute.makeDirectory`.
package struct MakeDirectoryBody: Hashable, Sendable, Codable {
    package var path: Base64Bytes
    package var mode: UInt32?
    package var withParents: Bool

    private enum CodingKeys: String, CodingKey {
        case path = "path_b64"
        case mode
        case withParents = "parents"
    }

    package init(path: Base64Bytes, mode: UInt32?, withParents: Bool) {
        self.path = path
        self.mode = mode
        self.withParents = withParents
    }
}

/// The request of `ExecRoute.remove`.
package struct RemoveBody: Hashable, Sendable, Codable {
    package var path: Base64Bytes
    package var recursively: Bool

    private enum CodingKeys: String, CodingKey {
        case path = "path_b64"
        case recursively = "recursive"
    }

    package init(path: Base64Bytes, recursively: Bool) {
        self.path = path
        self.recursively = recursively
    }
}

/// The request of `ExecRoute.move`.
package struct MoveBody: Hashable, Sendable, Codable {
    package var path: Base64Bytes
    package var target: Base64Bytes
    package var replaces: Bool

    private enum CodingKeys: String, CodingKey {
        case path = "path_b64"
        case target = "target_b64"
        case replaces = "replace"
    }

    package init(path: Base64Bytes, target: Base64Bytes, replaces: Bool) {
        self.path = path
        self.target = target
        self.replaces = replaces
    }
}

/// The request of `ExecRoute.changeMode`.
package struct ChangeModeBody: Hashable, Sendable, Codable {
    package var path: Base64Bytes
    package var mode: UInt32

    private enum CodingKeys: String, CodingKey {
        case path = "path_b64"
        case mode
    }

    package init(path: Base64Bytes, mode: UInt32) {
        self.path = path
        self.mode = mode
    }
}

/// The answer of `ExecRoute.realPath`.
package struct RealPathResult: Hashable, Sendable, Codable {
    package var path: Base64Bytes

    private enum CodingKeys: String, CodingKey { case path = "path_b64" }

    package init(path: Base64Bytes) {
        self.path = path
    }
}
