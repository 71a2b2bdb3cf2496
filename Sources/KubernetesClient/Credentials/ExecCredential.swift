import FoundationEssentials
import Yams

/// What an exec plugin gave.
struct ExecCredential: Hashable, Sendable {
    var token: String?
    /// PEM; both or none.
    var certificate: [UInt8]?
    var key: [UInt8]?
    /// Nil: good until the server refuses it.
    var expiry: Date?

    private struct Answer: Decodable {
        struct Status: Decodable {
            var token: String?
            var clientCertificateData: String?
            var clientKeyData: String?
            var expirationTimestamp: String?
        }

        var apiVersion: String?
        var status: Status?
    }

    /// Reads a plugin's standard output: JSON, or YAML as client-go takes it too.
    ///
    /// Throws client-go's sentences. Never repeats the output: there may be a token in it.
    init(output: [UInt8], apiVersion: String) throws(KubernetesError) {
        let answer: Answer
        do {
            answer =
                try (try? JSONDecoder().decode(Answer.self, from: Data(output)))
                ?? YAMLDecoder().decode(Answer.self, from: Data(output))
        } catch {
            throw .credentials("decoding stdout: not an ExecCredential (\(output.count) bytes)")
        }
        guard answer.apiVersion == apiVersion else {
            throw .credentials(
                "exec plugin is configured to use API version \(apiVersion), plugin returned version "
                    + "\((answer.apiVersion ?? "").withoutControls)")
        }
        guard let status = answer.status else {
            throw .credentials("exec plugin didn't return a status field")
        }
        token = status.token?.nonEmpty
        certificate = status.clientCertificateData?.nonEmpty.map { Array($0.utf8) }
        key = status.clientKeyData?.nonEmpty.map { Array($0.utf8) }
        guard token != nil || certificate != nil || key != nil else {
            throw .credentials("exec plugin didn't return a token or cert/key pair")
        }
        guard (certificate == nil) == (key == nil) else {
            throw .credentials("exec plugin returned only certificate or key, not both")
        }
        if let certificate {
            do {
                try PEM.checkCertificates(certificate, orSay: "failed parsing client key/certificate")
            } catch {
                throw .credentials(error.message)
            }
        }
        if let text = status.expirationTimestamp?.nonEmpty {
            guard let date = Self.date(text) else {
                throw .credentials("decoding stdout: expirationTimestamp is not a time of RFC 3339")
            }
            expiry = date
        }
    }

    private static func date(_ text: String) -> Date? {
        let style = Date.ISO8601FormatStyle()
        return (try? style.parse(text))
            ?? (try? Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(text))
    }
}

extension KubernetesError {
    /// There is no credential to send a request with.
    static func credentials(_ message: String) -> Self {
        var error = Self(.unauthorized, "getting credentials: \(message)")
        error.requestMayHaveReachedServer = false
        return error
    }
}
