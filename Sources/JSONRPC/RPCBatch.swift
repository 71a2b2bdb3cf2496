/// Gathers the responses to a batch (JSON-RPC 2.0, section 6) until all are there.
package struct RPCBatch: Sendable {
    /// What an error in place of a response takes, beside its id.
    private static let errorBytes = 512

    private let maximumBytes: Int
    private var outstanding: Int
    private var text: [UInt8] = [UInt8(ascii: "[")]

    /// `expected` is the number of members that get a response; notifications get none.
    package init(expected: Int, maximumBytes: Int) {
        outstanding = expected
        self.maximumBytes = maximumBytes
    }

    /// Takes the line of one response and gives the whole batch's line when it was the last.
    ///
    /// A response that would make the batch longer than `maximumBytes` is replaced by the error `too_large`.
    package mutating func add(_ line: [UInt8], id: JSONRPCID) -> [UInt8]? {
        var response = line
        // Room is left for the errors that the others may become.
        if text.count + line.count + (outstanding - 1) * Self.errorBytes > maximumBytes {
            let error = RPCError.tooLarge(
                "the responses to this batch are longer than \(maximumBytes) bytes; send smaller batches",
                limit: maximumBytes)
            response = RPCWriter.response(id: id, .failure(error))
        }
        if text.count > 1 { text.append(UInt8(ascii: ",")) }
        text.append(contentsOf: response.dropLast())
        outstanding -= 1
        guard outstanding == 0 else { return nil }
        text.append(UInt8(ascii: "]"))
        text.append(UInt8(ascii: "\n"))
        return text
    }
}
