package import JSONRPC

/// The notification `sandbox.data`: a piece of a download, in order.
package struct FileData: Codable, Hashable, Sendable {
    package static let name = "sandbox.data"

    /// The id of the request that started the download.
    package var requestID: JSONRPCID
    /// Bytes of the file, or of the archive, before this piece.
    package var offset: Int64
    package var dataBase64: String

    package enum CodingKeys: String, CodingKey {
        case requestID = "request_id"
        case offset
        case dataBase64 = "data_b64"
    }

    package init(requestID: JSONRPCID, offset: Int64, dataBase64: String) {
        self.requestID = requestID
        self.offset = offset
        self.dataBase64 = dataBase64
    }
}
