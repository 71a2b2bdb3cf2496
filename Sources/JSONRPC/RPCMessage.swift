/// A request, or a notification when it has no id.
package struct RPCRequest: Sendable {
    package var method: String
    package var id: JSONRPCID?
    /// JSON text; nil when absent.
    package var params: ArraySlice<UInt8>?

    package init(method: String, id: JSONRPCID?, params: ArraySlice<UInt8>?) {
        self.method = method
        self.id = id
        self.params = params
    }
}

/// A response; the result is JSON text.
package struct RPCResponse: Sendable {
    package var id: JSONRPCID
    package var outcome: Result<ArraySlice<UInt8>, RPCError>
}

/// One message that a peer sent.
package enum RPCMessage: Sendable {
    case request(RPCRequest)
    case response(RPCResponse)
    /// Not a message: the peer is to be told so, under the id it gave where that can be read and `null` otherwise.
    case invalid(RPCError, id: JSONRPCID)
}

/// What one line holds.
package enum RPCLine: Sendable {
    case single(RPCMessage)
    /// At least one member.
    case batch([RPCMessage])
}
