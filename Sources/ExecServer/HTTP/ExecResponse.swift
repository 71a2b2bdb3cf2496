import ExecAPI
import FoundationEssentials
import NIOHTTP1

/// A whole answer.
struct ExecResponse: Sendable {
    var status = HTTPResponseStatus.ok
    var headers: [(name: String, value: String)] = []
    var contentType = "application/json"
    var body: [UInt8]

    /// `{}`.
    static let empty = Self(body: Array("{}".utf8))

    static func json(_ value: some Encodable) throws -> Self {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return Self(body: Array(try encoder.encode(value)))
    }

    static func failure(_ failure: ExecFailure) -> Self {
        // Strings and numbers: JSONEncoder has nothing to refuse.
        let body = (try? JSONEncoder().encode(ExecErrorBody(failure.detail))).map { Array($0) } ?? []
        var response = Self(status: failure.status, body: body)
        if let retryAfter = failure.detail.retryAfter {
            response.headers.append(("Retry-After", String(Int(retryAfter.rounded(.up)))))
        }
        return response
    }
}
