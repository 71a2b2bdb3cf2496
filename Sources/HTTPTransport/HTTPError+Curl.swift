import CLibcurl
import Glibc

extension HTTPError {
    /// The failure of a transfer as libcurl reports it; `label` says what was tried, `isForwarded` whether what libcurl
    /// has sent went any further.
    init(_ result: CURLcode, of easy: CurlEasy, label: String, isForwarded: Bool) {
        let detail = easy.failureDetail
        let words = detail.isEmpty ? String(cString: curl_easy_strerror(result)) : detail
        let reason = easy.isRefusedByProxy ? "refused by the proxy: \(words)" : words
        let sent = easy.hasSentRequest && isForwarded
        self.init(
            easy.isRefusedByProxy ? .proxy : Self.code(result, sent: sent), "\(label): \(reason)",
            requestMayHaveReachedServer: sent)
        wasRefused = result == CURLE_COULDNT_CONNECT && easy.lastErrno == ECONNREFUSED
    }

    private static func code(_ result: CURLcode, sent: Bool) -> Code {
        switch result {
        case CURLE_COULDNT_RESOLVE_HOST: .resolve
        case CURLE_COULDNT_RESOLVE_PROXY, CURLE_PROXY: .proxy
        case CURLE_COULDNT_CONNECT: .connect
        case CURLE_OPERATION_TIMEDOUT: sent ? .timeout : .connect
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CIPHER,
            CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CRL_BADFILE, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT,
            CURLE_SSL_CERTPROBLEM:
            .tls
        // Also what libcurl says of an answer that does not begin with HTTP/1.
        case CURLE_UNSUPPORTED_PROTOCOL: sent ? .protocolViolation : .invalidRequest
        case CURLE_URL_MALFORMAT, CURLE_BAD_FUNCTION_ARGUMENT: .invalidRequest
        case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE: .reset
        case CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING, CURLE_HTTP2, CURLE_HTTP_RETURNED_ERROR:
            .protocolViolation
        default: .system
        }
    }
}
