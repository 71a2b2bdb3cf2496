/// Writes a JSON text from left to right: the containers that are open form a stack, and only the innermost can be
/// written to. Writing to one further out closes those within.
final class JSONTextWriter {
    struct Frame {
        let isObject: Bool
        var isEmpty = true
    }

    // Most messages fit: no growing in small steps.
    private var bytes = JSONBytes(capacity: 1024)
    private(set) var frames: [Frame] = []

    var count: Int { bytes.count }
    var text: [UInt8] { bytes.array }

    // MARK: Containers

    /// Opens a container as the next value.
    func open(isObject: Bool) {
        frames.append(Frame(isObject: isObject))
        bytes.append(ascii: isObject ? "{" : "[")
    }

    /// Closes the innermost containers until `depth` are open.
    func close(to depth: Int) {
        while frames.count > depth { bytes.append(ascii: frames.removeLast().isObject ? "}" : "]") }
    }

    /// Goes back to the container that is the `depth`th from outside, for its next member or element. False where that
    /// is closed already.
    func resume(_ depth: Int) -> Bool {
        guard frames.count >= depth else { return false }
        close(to: depth)
        if frames[depth - 1].isEmpty { frames[depth - 1].isEmpty = false } else { bytes.append(ascii: ",") }
        return true
    }

    func writeKey(_ key: String) {
        write(key)
        bytes.append(ascii: ":")
    }

    // MARK: Values

    func writeNull() { bytes.append("null") }

    func write(_ value: Bool) { bytes.append(value ? "true" : "false") }

    func write(_ value: some FixedWidthInteger) {
        if let value = Int64(exactly: value) { return bytes.write(value) }
        // Beyond the largest Int64.
        bytes.append(Array(String(value).utf8))
    }

    /// `value` must be finite.
    func write(_ value: Double) { bytes.write(value) }

    func write(_ value: String) { bytes.write(value) }

    /// A whole object, as the next value.
    func write(_ value: some JSONWritable) { bytes.append(value.json.array) }
}
