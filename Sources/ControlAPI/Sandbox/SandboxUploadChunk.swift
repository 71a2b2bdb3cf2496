import JSONRPC

/// The next bytes of an upload. Answered when they are on their way into the sandbox: send one after another.
package enum SandboxUploadChunk: RPCMethod {
    package static let name = "sandbox.upload_chunk"

    package struct Params: NamedParams {
        package var uploadID: String
        package var dataBase64: String

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case uploadID = "upload_id"
            case dataBase64 = "data_b64"
        }

        package init(uploadID: String, dataBase64: String) {
            self.uploadID = uploadID
            self.dataBase64 = dataBase64
        }
    }

    package struct Result: Codable, Hashable, Sendable {
        /// Bytes of the upload so far.
        package var received: Int64

        package enum CodingKeys: String, CodingKey {
            case received
        }

        package init(received: Int64) {
            self.received = received
        }
    }
}
