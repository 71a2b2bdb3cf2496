/// The one JSON encoder and decoder of the control API.
package enum JSONCoding {
    /// Throws `DecodingError`, or what `T.init(from:)` throws.
    package static func decode<T: Decodable>(_ type: T.Type, from text: ArraySlice<UInt8>) throws -> T {
        try JSONTextDecoder.decode(type, from: text, isChecked: false)
    }

    /// The same for a text in which `JSONOutline` has found a value.
    static func decode<T: Decodable>(_ type: T.Type, fromChecked text: ArraySlice<UInt8>) throws -> T {
        try JSONTextDecoder.decode(type, from: text, isChecked: true)
    }

    /// One line of JSON text without its end. Throws `EncodingError`, for a number that is not finite among others.
    package static func encode<T: Encodable>(_ value: T) throws -> [UInt8] {
        try JSONTextEncoder.encode(value)
    }
}
