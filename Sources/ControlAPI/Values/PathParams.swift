import JSONRPC

/// The params of a method that is about one path and nothing else.
package struct PathParams: SessionParams {
    package var sessionID: String
    package var path: String?
    /// In place of `path`, for one that is not UTF-8.
    package var pathBase64: String?

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case sessionID = "session_id"
        case path
        case pathBase64 = "path_b64"
    }

    package init(sessionID: String, path: String? = nil, pathBase64: String? = nil) {
        self.sessionID = sessionID
        self.path = path
        self.pathBase64 = pathBase64
    }
}
