/// Makes the lines that go out, each with its `\n`.
package enum RPCWriter {
    /// A result or params as JSON text.
    package static func encode<T: Encodable>(_ value: T) throws -> [UInt8] {
        do {
            return try JSONCoding.encode(value)
        } catch {
            throw RPCError.internalError("a value could not be written as JSON: \(error)")
        }
    }

    package static func request(method: String, id: JSONRPCID, params: [UInt8]) -> [UInt8] {
        line(("id", text(id)), ("method", text(method)), ("params", params))
    }

    package static func notification(method: String, params: [UInt8]) -> [UInt8] {
        line(("method", text(method)), ("params", params))
    }

    package static func response(id: JSONRPCID, _ outcome: Result<[UInt8], RPCError>) -> [UInt8] {
        switch outcome {
        case .success(let result): line(("id", text(id)), ("result", result))
        case .failure(let error): line(("id", text(id)), ("error", text(error)))
        }
    }

    /// What asks the other side to end a running call.
    package static func cancelRequest(id: JSONRPCID) -> [UInt8] {
        notification(method: CancelRequestParams.method, params: text(CancelRequestParams(id: id)))
    }

    private static func line(_ members: (name: String, text: [UInt8])...) -> [UInt8] {
        var line = Array("{\"jsonrpc\":\"2.0\"".utf8)
        line.reserveCapacity(line.count + members.reduce(2) { $0 + $1.name.utf8.count + $1.text.count + 4 })
        for member in members {
            line.append(contentsOf: ",\"".utf8)
            line.append(contentsOf: member.name.utf8)
            line.append(contentsOf: "\":".utf8)
            line.append(contentsOf: member.text)
        }
        line.append(contentsOf: "}\n".utf8)
        return line
    }

    /// For values that can always be written: strings, ids whose numbers are finite, errors made of such.
    static func text(_ value: some Encodable) -> [UInt8] {
        (try? JSONCoding.encode(value)) ?? Array("null".utf8)
    }
}
