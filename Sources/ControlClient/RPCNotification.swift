import JSONRPC

/// A notification from the daemon.
package struct RPCNotification: Sendable {
    package let method: String
    /// JSON text; nil when absent.
    package let params: ArraySlice<UInt8>?

    /// Reads the params as what the method's notifications carry. Throws `DecodingError`.
    package func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try JSONCoding.decode(type, from: params ?? [0x7B, 0x7D])
    }

    /// As it came: one line of JSON, with its `\n`.
    package var line: [UInt8] {
        RPCWriter.notification(method: method, params: params.map { Array($0) } ?? [0x7B, 0x7D])
    }

    init(_ request: RPCRequest) {
        method = request.method
        params = request.params
    }

    var byteCount: Int { method.utf8.count + (params?.count ?? 0) }
}
