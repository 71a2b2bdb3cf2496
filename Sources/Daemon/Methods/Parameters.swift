import Foundation
package import SandboxCore

/// Checks of what a caller sent, beyond its shape: each throws `invalid` with the member's name and its rule.
package enum Parameters {
    /// A path, as text or in base64; exactly one of them.
    package static func path(_ text: String?, _ base64: String?) throws(SandboxError) -> SandboxPath {
        guard let path = try optionalPath(text, base64) else { throw .invalid("path is missing") }
        return path
    }

    package static func optionalPath(_ text: String?, _ base64: String?) throws(SandboxError) -> SandboxPath? {
        switch (text, base64) {
        case (nil, nil): return nil
        case (let text?, nil): return try SandboxPath(text)
        case (nil, let base64?): return try SandboxPath(bytes: bytes(base64, "path_b64"))
        case (.some, .some): throw .invalid("path and path_b64 exclude each other")
        }
    }

    /// Content as text or in base64; at most one of them. Nil where there is none.
    package static func content(
        _ text: String?, _ base64: String?, named name: String
    ) throws(SandboxError) -> [UInt8]? {
        switch (text, base64) {
        case (nil, nil): return nil
        case (let text?, nil): return Array(text.utf8)
        case (nil, let base64?): return try bytes(base64, "\(name)_b64")
        case (.some, .some): throw .invalid("\(name) and \(name)_b64 exclude each other")
        }
    }

    private static func bytes(_ base64: String, _ name: String) throws(SandboxError) -> [UInt8] {
        guard let data = Data(base64Encoded: base64) else { throw .invalid("\(name) is not standard base64") }
        return Array(data)
    }

    /// A finite number of seconds above 0, cut to `limit`; less than a millisecond is one.
    package static func duration(
        _ seconds: Double?, named name: String, limit: Duration? = nil
    ) throws(SandboxError) -> Duration? {
        guard let seconds else { return nil }
        guard seconds.isFinite, seconds > 0 else { throw .invalid("\(name) must be a finite number above 0") }
        // Longer than any process lives, and far from what Duration cannot hold.
        // Shorter than a millisecond some of those who count it would take for 0, which to them is no limit.
        let duration = max(Duration.seconds(min(seconds, 1e9)), .milliseconds(1))
        return limit.map { min(duration, $0) } ?? duration
    }

    /// How much one session's labels may hold in all, in bytes of keys and values: a thousand sessions with all of it
    /// still fit in one answer.
    package static let maximumLabelBytes = 4096

    /// A session's labels: keys without `=` and `,`, neither keys nor values with control characters.
    package static func labels(_ labels: [String: String]?) throws(SandboxError) -> [String: String]? {
        guard let labels else { return nil }
        var size = 0
        for (key, value) in labels {
            guard !key.isEmpty, !key.utf8.contains(UInt8(ascii: "=")), !key.utf8.contains(UInt8(ascii: ",")) else {
                throw .invalid("labels: a key must not be empty or contain '=' or ','")
            }
            for text in [key, value] {
                guard text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) else {
                    throw .invalid("labels: control characters are not allowed")
                }
                size += text.utf8.count
            }
        }
        guard size <= maximumLabelBytes else {
            throw .invalid("labels must have at most \(maximumLabelBytes) bytes in all, have \(size)")
        }
        return labels
    }

    /// Words that the daemon keeps and shows.
    package static func text(
        _ text: String?, named name: String, maximumBytes: Int
    ) throws(SandboxError) -> String? {
        guard let text else { return nil }
        guard text.utf8.count <= maximumBytes else {
            throw .invalid("\(name) must have at most \(maximumBytes) bytes, has \(text.utf8.count)")
        }
        return text
    }

    package static func integer(
        _ value: Int?, named name: String, in range: ClosedRange<Int>, default fallback: Int
    ) throws(SandboxError) -> Int {
        guard let value else { return fallback }
        guard range.contains(value) else {
            throw .invalid("\(name) must be from \(range.lowerBound) to \(range.upperBound), is \(value)")
        }
        return value
    }
}
