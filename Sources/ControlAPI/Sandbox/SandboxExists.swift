import JSONRPC

/// True for a regular file, or a symlink to one.
package enum SandboxExists: RPCMethod {
    package static let name = "sandbox.exists"

    package typealias Params = PathParams

    package struct Result: Codable, Hashable, Sendable {
        package var exists: Bool

        package init(exists: Bool) {
            self.exists = exists
        }
    }
}
