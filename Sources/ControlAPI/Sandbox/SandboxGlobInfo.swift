import JSONRPC

/// Finds files by pattern.
package enum SandboxGlobInfo: RPCMethod {
    package static let name = "sandbox.glob_info"

    package struct Params: SessionParams {
        package var sessionID: String
        package var pattern: String
        package var path: String?
        /// In place of `path`, for one that is not UTF-8.
        package var pathBase64: String?

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case sessionID = "session_id"
            case pattern
            case path
            case pathBase64 = "path_b64"
        }

        package init(sessionID: String, pattern: String, path: String? = nil, pathBase64: String? = nil) {
            self.sessionID = sessionID
            self.pattern = pattern
            self.path = path
            self.pathBase64 = pathBase64
        }
    }

    package typealias Result = FileListingResult
}
