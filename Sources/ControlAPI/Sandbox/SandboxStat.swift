import JSONRPC

/// What a path is.
package enum SandboxStat: RPCMethod {
    package static let name = "sandbox.stat"

    package struct Params: SessionParams {
        package var sessionID: String
        package var path: String?
        /// In place of `path`, for one that is not UTF-8.
        package var pathBase64: String?
        /// Absent: true. False tells of a symlink at the end of the path itself.
        package var followSymlinks: Bool?

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case sessionID = "session_id"
            case path
            case pathBase64 = "path_b64"
            case followSymlinks = "follow_symlinks"
        }

        package init(
            sessionID: String, path: String? = nil, pathBase64: String? = nil, followSymlinks: Bool? = nil
        ) {
            self.sessionID = sessionID
            self.path = path
            self.pathBase64 = pathBase64
            self.followSymlinks = followSymlinks
        }
    }

    package struct Result: Codable, Hashable, Sendable {
        package enum Kind: String, Codable, Hashable, Sendable, CaseIterable { case file, directory, symlink, other }

        package var path: String
        package var kind: Kind
        /// Bytes; null for what is no regular file.
        @ExplicitNull package var size: Int64?
        package var mode: FileMode
        package var modifiedAt: Timestamp
        package var uid: UInt32
        package var gid: UInt32
        /// What a symlink says; null for everything else.
        @ExplicitNull package var target: String?
        /// Where the target is not UTF-8.
        package var targetBase64: String?

        package enum CodingKeys: String, CodingKey {
            case path
            case kind = "type"
            case size, mode
            case modifiedAt = "modified_at"
            case uid, gid, target
            case targetBase64 = "target_b64"
        }

        package init(
            path: String, kind: Kind, size: Int64?, mode: FileMode, modifiedAt: Timestamp, uid: UInt32, gid: UInt32,
            target: [UInt8]?
        ) {
            self.path = path
            self.kind = kind
            self.size = size
            self.mode = mode
            self.modifiedAt = modifiedAt
            self.uid = uid
            self.gid = gid
            let text = target.map(LossyText.split)
            self.target = text?.text
            targetBase64 = text?.base64
        }
    }
}
