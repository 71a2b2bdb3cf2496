import FoundationEssentials

/// As much of PEM (RFC 7468) as it takes to say what is wrong with a certificate file before libcurl says "60".
enum PEM {
    private static let begin = "-----BEGIN CERTIFICATE-----"
    private static let end = "-----END CERTIFICATE-----"

    /// `problem`: what the error begins with.
    ///
    /// Throws `configuration` where there is no certificate, or one that is not base64.
    static func checkCertificates(
        _ bytes: [UInt8], orSay problem: String = "unable to load root certificates"
    ) throws(KubernetesError) {
        var rest = String(decoding: bytes, as: UTF8.self)[...]
        var count = 0
        while let start = rest.firstRange(of: begin) {
            guard let stop = rest[start.upperBound...].firstRange(of: end),
                let body = Data(
                    base64Encoded: String(rest[start.upperBound..<stop.lowerBound]), options: .ignoreUnknownCharacters),
                !body.isEmpty
            else { throw .configuration("\(problem): certificate \(count + 1) is damaged") }
            count += 1
            rest = rest[stop.upperBound...]
        }
        guard count > 0 else {
            throw .configuration("\(problem): no PEM certificate found (\(bytes.count) bytes)")
        }
    }
}
