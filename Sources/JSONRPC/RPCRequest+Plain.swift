import Glibc

extension RPCRequest {
    /// Reads the line of a request as nearly all are: an object with the members that the specification names (JSON-RPC
    /// 2.0, section 4), no other and none twice, and with an id that is a whole number or a string without escapes, or
    /// none. Nil for every other line: what that is takes a closer look, `RPCLine.init(decoding:)`.
    ///
    /// A second way past the same rules, because every request passes here: it compares bytes where that one makes a
    /// string and a place of each member, and takes half the time.
    init?(plain line: [UInt8]) {
        guard (try? UTF8Span(validating: line.span)) != nil else { return nil }
        var places = Places()
        let isObject = try? JSONScanner.scan(line[...], checksValues: false) { (scanner) throws(JSONSyntaxError) in
            try scanner.object { (name, value) throws(JSONSyntaxError) in places.take(name, value) }
        }
        guard isObject == true, !places.hasOthers, let method = places.method, let version = places.version,
            Self.isVersion(version, in: line), let name = Self.content(of: method, in: line)
        else { return nil }
        let id: JSONRPCID?
        if let place = places.id {
            guard let value = Self.id(line[place], in: line) else { return nil }
            id = value
        } else {
            id = nil
        }
        if let params = places.params, line[params.lowerBound] != UInt8(ascii: "{") { return nil }
        self.init(
            method: String(decoding: line[name], as: UTF8.self), id: id, params: places.params.map { line[$0] })
    }

    /// Where the members' values are.
    private struct Places {
        var version: Range<Int>?
        var id: Range<Int>?
        var method: Range<Int>?
        var params: Range<Int>?
        /// One that is not named here, or one of these twice.
        var hasOthers = false

        mutating func take(_ name: UnsafeBufferPointer<UInt8>, _ value: Range<Int>) {
            if isNamed(name, "\"id\"") {
                Self.put(value, &id, &hasOthers)
            } else if isNamed(name, "\"method\"") {
                Self.put(value, &method, &hasOthers)
            } else if isNamed(name, "\"params\"") {
                Self.put(value, &params, &hasOthers)
            } else if isNamed(name, "\"jsonrpc\"") {
                Self.put(value, &version, &hasOthers)
            } else {
                hasOthers = true
            }
        }

        private static func put(_ value: Range<Int>, _ place: inout Range<Int>?, _ isTaken: inout Bool) {
            isTaken = isTaken || place != nil
            place = value
        }

        private func isNamed(_ name: UnsafeBufferPointer<UInt8>, _ expected: StaticString) -> Bool {
            guard name.count == expected.utf8CodeUnitCount, let start = name.baseAddress else { return false }
            return memcmp(start, expected.utf8Start, name.count) == 0
        }
    }

    private static func isVersion(_ place: Range<Int>, in line: [UInt8]) -> Bool {
        let expected: StaticString = "\"2.0\""
        return line.withUnsafeBufferPointer { line in
            place.count == expected.utf8CodeUnitCount
                && line.baseAddress.map { memcmp($0 + place.lowerBound, expected.utf8Start, place.count) } == 0
        }
    }

    /// What is between a string's quotation marks; nil for what is no string, or has an escape.
    private static func content(of place: Range<Int>, in line: [UInt8]) -> Range<Int>? {
        guard line[place.lowerBound] == UInt8(ascii: "\"") else { return nil }
        let content = place.lowerBound + 1..<place.upperBound - 1
        return line.withUnsafeBufferPointer { line in
            line.baseAddress.flatMap { memchr($0 + content.lowerBound, 0x5C, content.count) } == nil ? content : nil
        }
    }

    private static func id(_ text: ArraySlice<UInt8>, in line: [UInt8]) -> JSONRPCID? {
        if let number = JSONText.integer(text, as: Int64.self) { return .integer(number) }
        return content(of: text.indices, in: line).map { .string(String(decoding: line[$0], as: UTF8.self)) }
    }
}
