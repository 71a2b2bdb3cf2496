import JSONRPC

/// Replaces text in a file, in one atomic step.
package enum SandboxEdit: RPCMethod {
    package static let name = "sandbox.edit"

    package struct Params: SessionParams {
        package var sessionID: String
        package var path: String?
        /// In place of `path`, for one that is not UTF-8.
        package var pathBase64: String?
        package var oldString: String
        package var newString: String
        package var replaceAll: Bool?

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case sessionID = "session_id"
            case path
            case pathBase64 = "path_b64"
            case oldString = "old_string"
            case newString = "new_string"
            case replaceAll = "replace_all"
        }

        package init(
            sessionID: String, path: String? = nil, pathBase64: String? = nil, oldString: String, newString: String,
            replaceAll: Bool? = nil
        ) {
            self.sessionID = sessionID
            self.path = path
            self.pathBase64 = pathBase64
            self.oldString = oldString
            self.newString = newString
            self.replaceAll = replaceAll
        }
    }

    package struct Result: Codable, Hashable, Sendable {
        package var path: String
        package var occurrences: Int

        package init(path: String, occurrences: Int) {
            self.path = path
            self.occurrences = occurrences
        }
    }
}
