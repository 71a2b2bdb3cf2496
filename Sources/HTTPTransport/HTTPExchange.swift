/// Whatever carries requests to a server and answers back: libcurl itself, or a way that first decides where to.
package protocol HTTPExchange: Sendable {
    /// As `HTTPClient.send`.
    func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse

    /// As `HTTPClient.stream`.
    func stream(
        _ request: HTTPRequest, onHead: (HTTPResponseHead) async throws -> Void,
        onChunk: ([UInt8]) async throws -> Void
    ) async throws -> HTTPResponseHead
}

extension HTTPClient: HTTPExchange {}
