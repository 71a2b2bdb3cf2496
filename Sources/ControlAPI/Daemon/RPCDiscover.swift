package import JSONRPC

/// The OpenRPC document of this API, generated from the types of its methods.
package enum RPCDiscover: RPCMethod {
    package static let name = "rpc.discover"
    package static var isLook: Bool { true }

    package typealias Params = NoParams
    package typealias Result = JSONValue
}
