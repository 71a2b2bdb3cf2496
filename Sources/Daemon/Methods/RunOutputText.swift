import Foundation

/// Output bytes as a message carries them: text where they are UTF-8, base64 where they are not, or where JSON's
/// escapes would make the text longer than base64.
package enum RunOutputText {
    package static func split(_ bytes: [UInt8]) -> (text: String?, base64: String?) {
        // A control character other than \b \t \n \f \r is six bytes in JSON (RFC 8259, section 7).
        let escaped = bytes.count { $0 < 0x20 && !(0x08...0x0D).contains($0) }
        if escaped * 15 <= bytes.count, let text = String(validating: bytes, as: UTF8.self) { return (text, nil) }
        return (nil, Data(bytes).base64EncodedString())
    }
}
