import JSONRPC

/// Lists a directory: directories first, then by name.
package enum SandboxListInfo: RPCMethod {
    package static let name = "sandbox.ls_info"

    package typealias Params = PathParams
    package typealias Result = FileListingResult
}
