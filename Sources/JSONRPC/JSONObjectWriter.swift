/// Writes an object's members from left to right, for what has to be written by hand because it must cost little.
///
/// Names are written as they are: nothing in them may need an escape (RFC 8259, section 7).
package struct JSONObjectWriter: ~Copyable {
    private var bytes: JSONBytes
    private var isEmpty = true

    /// Goes on behind `bytes` with an object.
    init(after bytes: consuming JSONBytes) {
        self.bytes = bytes
        self.bytes.append(ascii: "{")
    }

    /// The text, with the object's end.
    consuming func finish() -> JSONBytes {
        bytes.append(ascii: "}")
        return bytes
    }

    package mutating func member(_ name: StaticString, _ value: String) {
        begin(name)
        bytes.write(value)
    }

    package mutating func member(_ name: StaticString, _ value: Bool) {
        begin(name)
        bytes.append(value ? "true" : "false")
    }

    package mutating func member(_ name: StaticString, _ value: Int64) {
        begin(name)
        bytes.write(value)
    }

    package mutating func member(_ name: StaticString, _ value: Int) { member(name, Int64(value)) }
    package mutating func member(_ name: StaticString, _ value: Int32) { member(name, Int64(value)) }
    package mutating func member(_ name: StaticString, _ value: UInt32) { member(name, Int64(value)) }

    /// A number that is not finite, which JSON cannot say, is null.
    package mutating func member(_ name: StaticString, _ value: Double) {
        begin(name)
        if value.isFinite { bytes.write(value) } else { bytes.append("null") }
    }

    package mutating func null(_ name: StaticString) {
        begin(name)
        bytes.append("null")
    }

    /// A string of `count` bytes that `fill` writes, of which none needs an escape.
    package mutating func member(
        _ name: StaticString, plainASCII count: Int, _ fill: (UnsafeMutableBufferPointer<UInt8>) -> Void
    ) {
        begin(name)
        bytes.append(count + 2) { place in
            place[0] = UInt8(ascii: "\"")
            fill(UnsafeMutableBufferPointer(start: place + 1, count: count))
            place[count + 1] = UInt8(ascii: "\"")
        }
    }

    package mutating func object(_ name: StaticString, _ write: (inout JSONObjectWriter) -> Void) {
        begin(name)
        bytes.append(ascii: "{")
        isEmpty = true
        write(&self)
        bytes.append(ascii: "}")
        isEmpty = false
    }

    /// An object with one member for each entry.
    package mutating func object(_ name: StaticString, _ entries: [String: String]) {
        object(name) { object in
            for (key, value) in entries {
                object.begin(key)
                object.bytes.write(value)
            }
        }
    }

    /// Numbers that are not finite are left out.
    package mutating func object(_ name: StaticString, _ entries: [String: Double]) {
        object(name) { object in
            for (key, value) in entries where value.isFinite {
                object.begin(key)
                object.bytes.write(value)
            }
        }
    }

    package mutating func members(_ text: JSONMembersText) {
        guard !text.bytes.isEmpty else { return }
        if isEmpty { isEmpty = false } else { bytes.append(ascii: ",") }
        bytes.append(text.bytes)
    }

    private mutating func begin(_ name: StaticString) {
        let length = name.utf8CodeUnitCount
        let comma = isEmpty ? 0 : 1
        isEmpty = false
        bytes.append(comma + length + 3) { place in
            place[0] = UInt8(ascii: ",")
            place[comma] = UInt8(ascii: "\"")
            (place + comma + 1).update(from: name.utf8Start, count: length)
            place[comma + length + 1] = UInt8(ascii: "\"")
            place[comma + length + 2] = UInt8(ascii: ":")
        }
    }

    private mutating func begin(_ name: String) {
        if isEmpty { isEmpty = false } else { bytes.append(ascii: ",") }
        bytes.write(name)
        bytes.append(ascii: ":")
    }
}
