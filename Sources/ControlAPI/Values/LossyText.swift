import Foundation

/// Bytes on a wire that has only text: UTF-8 as it is, anything else lossy with the exact bytes in base64 beside it.
package enum LossyText {
    /// The text, and the base64 form where the text does not say it all.
    package static func split(_ bytes: [UInt8]) -> (text: String, base64: String?) {
        if let text = String(validating: bytes, as: UTF8.self) { return (text, nil) }
        return (String(decoding: bytes, as: UTF8.self), Data(bytes).base64EncodedString())
    }

    /// The exact bytes of what `split` made.
    package static func join(text: String, base64: String?) -> [UInt8] {
        if let base64, let data = Data(base64Encoded: base64) { return Array(data) }
        return Array(text.utf8)
    }
}
