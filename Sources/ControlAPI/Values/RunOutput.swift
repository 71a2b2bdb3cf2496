package import JSONRPC

/// The notification `sandbox.output`: a piece of a streamed run's output, in the order in which it was written.
package struct RunOutput: Codable, Hashable, Sendable {
    package static let name = "sandbox.output"

    /// The id of the request that started the stream.
    package var requestID: JSONRPCID
    package var runID: String
    /// `stdout` or `stderr`.
    package var stream: String
    /// Bytes of this stream before this piece.
    package var offset: Int
    /// Absent where the bytes are not UTF-8; then `data_b64` has them. A character is never split.
    package var data: String?
    package var dataBase64: String?

    package enum CodingKeys: String, CodingKey {
        case requestID = "request_id"
        case runID = "run_id"
        case stream, offset, data
        case dataBase64 = "data_b64"
    }

    package init(
        requestID: JSONRPCID, runID: String, stream: String, offset: Int, data: String?, dataBase64: String?
    ) {
        self.requestID = requestID
        self.runID = runID
        self.stream = stream
        self.offset = offset
        self.data = data
        self.dataBase64 = dataBase64
    }
}
