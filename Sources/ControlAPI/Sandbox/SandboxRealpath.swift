import JSONRPC

/// The path without symlinks, `.` and `..`, as realpath(3).
package enum SandboxRealpath: RPCMethod {
    package static let name = "sandbox.realpath"

    package typealias Params = PathParams

    package struct Result: Codable, Hashable, Sendable {
        package var path: String
        /// Where the path is not UTF-8.
        package var pathBase64: String?

        package enum CodingKeys: String, CodingKey {
            case path
            case pathBase64 = "path_b64"
        }

        package init(path: [UInt8]) { (self.path, pathBase64) = LossyText.split(path) }
    }
}
