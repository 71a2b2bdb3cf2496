/// A value whose object is written by hand: what is asked for at every step of a client's work. `Codable`'s way, with a
/// call through two witness tables for each member, costs several times as much as the rest of such an answer.
package protocol JSONWritable: Encodable, Sendable {
    func writeMembers(to object: inout JSONObjectWriter)
}

extension JSONWritable {
    /// The object's text.
    var json: JSONBytes {
        var object = JSONObjectWriter(after: JSONBytes(capacity: 1024))
        writeMembers(to: &object)
        return object.finish()
    }

    /// For an object within what is encoded otherwise, and for other encoders than that of `JSONCoding`.
    package func encode(to encoder: any Encoder) throws {
        if let encoder = encoder as? JSONTextEncoder { return encoder.writeObject(self) }
        try JSONCoding.decode(JSONValue.self, from: json.array[...]).encode(to: encoder)
    }
}

extension RPCWriter {
    /// The line that answers with a result, in one piece.
    static func response(id: JSONRPCID, _ result: some JSONWritable) -> [UInt8] {
        // Most answers fit: no growing.
        var line = JSONBytes(capacity: 1024)
        line.append("{\"jsonrpc\":\"2.0\",\"id\":")
        if case .integer(let number) = id { line.write(number) } else { line.append(text(id)) }
        line.append(",\"result\":")
        var object = JSONObjectWriter(after: line)
        result.writeMembers(to: &object)
        line = object.finish()
        line.append("}\n")
        return line.array
    }
}
