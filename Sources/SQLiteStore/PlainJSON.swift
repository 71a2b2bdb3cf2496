import SessionManager

/// Reads the JSON of the store's columns as this daemon writes it, in a fraction of `JSONDecoder`'s time: at a start
/// there is one for every session.
///
/// Gives nil for whatever it does not know (white space, rare escapes, other members): `JSONDecoder` is to judge that.
struct PlainJSON {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0

    private init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private static func read<Value>(_ text: String, _ body: (inout Self) -> Value?) -> Value? {
        var text = text
        return text.withUTF8 { bytes in
            var reader = Self(bytes)
            guard let value = body(&reader), reader.position == bytes.count else { return nil }
            return value
        }
    }

    static func texts(_ text: String) -> [String: String]? {
        read(text) { reader in
            var texts: [String: String] = [:]
            let isRead = reader.members { reader, name in
                guard let value = reader.string() else { return false }
                return texts.updateValue(value, forKey: name) == nil
            }
            return isRead ? texts : nil
        }
    }

    static func sandbox(_ text: String) -> SandboxInfo? {
        read(text) { reader in
            var (name, uid, directory): (String?, String?, String?)
            var info = SandboxInfo(name: "", uid: "", workDirectory: "")
            let isRead = reader.members { reader, member in
                switch member {
                case "name":
                    name = reader.string()
                    return name != nil
                case "uid":
                    uid = reader.string()
                    return uid != nil
                case "workDirectory":
                    directory = reader.string()
                    return directory != nil
                case "namespace": return reader.string(into: &info.namespace)
                case "node": return reader.string(into: &info.node)
                case "ip": return reader.string(into: &info.ip)
                case "image": return reader.string(into: &info.image)
                case "mode": return reader.string(into: &info.mode)
                case "pid":
                    info.pid = reader.number().flatMap { Int32(exactly: $0) }
                    return info.pid != nil
                case "timing":
                    info.timing = reader.numbers()
                    return info.timing != nil
                default: return false
                }
            }
            guard isRead, let name, let uid, let directory else { return nil }
            (info.name, info.uid, info.workDirectory) = (name, uid, directory)
            return info
        }
    }

    // MARK: Values

    private mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: byte) else { return false }
        position += 1
        return true
    }

    /// An object, its values read by `value`.
    private mutating func members(_ value: (inout Self, String) -> Bool) -> Bool {
        guard take("{") else { return false }
        if take("}") { return true }
        repeat {
            guard let name = string(), take(":"), value(&self, name) else { return false }
        } while take(",")
        return take("}")
    }

    private mutating func numbers() -> [String: Double]? {
        var numbers: [String: Double] = [:]
        let isRead = members { reader, name in
            guard let number = reader.number() else { return false }
            return numbers.updateValue(number, forKey: name) == nil
        }
        return isRead ? numbers : nil
    }

    private mutating func number() -> Double? {
        let begin = position
        while position < bytes.count, Self.isOfNumber(bytes[position]) { position += 1 }
        return Double(String(decoding: bytes[begin..<position], as: UTF8.self))
    }

    private static func isOfNumber(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
            UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }

    private mutating func string(into text: inout String?) -> Bool {
        text = string()
        return text != nil
    }

    private mutating func string() -> String? {
        guard take("\"") else { return nil }
        let begin = position
        var escapes = 0
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            guard bytes[position] >= 0x20 else { return nil }
            if bytes[position] == UInt8(ascii: "\\") {
                // `\/` is what JSONEncoder makes of every slash.
                guard position + 1 < bytes.count,
                    [UInt8(ascii: "/"), UInt8(ascii: "\""), UInt8(ascii: "\\")].contains(bytes[position + 1])
                else { return nil }
                escapes += 1
                position += 1
            }
            position += 1
        }
        let range = begin..<position
        guard take("\"") else { return nil }
        guard escapes > 0 else { return String(decoding: bytes[range], as: UTF8.self) }
        var plain: [UInt8] = []
        plain.reserveCapacity(range.count - escapes)
        var isEscaped = false
        for byte in bytes[range] {
            isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
            if !isEscaped { plain.append(byte) }
        }
        return String(decoding: plain, as: UTF8.self)
    }
}
