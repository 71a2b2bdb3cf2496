extension RPCLine {
    /// Reads the envelopes of a line (JSON-RPC 2.0, sections 4 to 6); params and results stay text.
    ///
    /// Never fails: what cannot be read is an `invalid` message with the error to answer. Members of the envelope that
    /// the specification does not name are ignored.
    package init(decoding line: [UInt8], maximumBatch: Int) {
        if let request = RPCRequest(plain: line) {
            self = .single(.request(request))
            return
        }
        let outline: JSONOutline
        do {
            outline = try JSONOutline(of: line[...], maximumParts: max(maximumBatch, RPCMessage.maximumMembers))
        } catch  where error.isTooMuch {
            let message =
                line.first == UInt8(ascii: "[")
                ? "a batch may have \(maximumBatch) members, this one has more"
                : "a message may have \(RPCMessage.maximumMembers) members, this one has more"
            self = .single(.invalid(.invalidRequest(message), id: .null))
            return
        } catch {
            self = .single(.invalid(.parseError("the message is not JSON: \(error)"), id: .null))
            return
        }
        switch outline {
        case .object(let members):
            self = .single(RPCMessage(members: members, of: line))
        case .array(let elements) where elements.isEmpty:
            self = .single(.invalid(.invalidRequest("a batch must not be empty"), id: .null))
        case .array(let elements) where elements.count > maximumBatch:
            let message = "a batch may have \(maximumBatch) members, this one has \(elements.count)"
            self = .single(.invalid(.invalidRequest(message), id: .null))
        case .array(let elements):
            self = .batch(elements.map { RPCMessage(element: line[$0], of: line) })
        case .scalar:
            self = .single(.invalid(.invalidRequest("a message must be an object"), id: .null))
        }
    }
}

extension JSONRPCID {
    /// The id of a message of which only the beginning was read; `null` where the id is not in that.
    package init(ofMessageStarting prefix: [UInt8]) {
        let found = try? JSONScanner.scan(prefix[...], checksValues: false) { $0.value(ofMember: "id") }
        guard let range = found ?? nil,
            let id = try? JSONCoding.decode(JSONRPCID.self, from: prefix[range])
        else {
            self = .null
            return
        }
        self = id
    }
}

extension RPCMessage {
    /// An envelope has four members; others are ignored.
    fileprivate static let maximumMembers = 64

    fileprivate init(element: ArraySlice<UInt8>, of line: [UInt8]) {
        guard let outline = try? JSONOutline(of: element, maximumParts: Self.maximumMembers),
            case .object(let members) = outline
        else {
            self = .invalid(.invalidRequest("a member of a batch must be an object"), id: .null)
            return
        }
        self.init(members: members, of: line)
    }

    fileprivate init(members: [JSONOutline.Member], of line: [UInt8]) {
        let envelope = Envelope(members: members, line: line)
        let id: JSONRPCID?
        do {
            id = try envelope.id()
        } catch {
            self = .invalid(error, id: .null)
            return
        }
        do {
            self = try envelope.message(id: id)
        } catch {
            self = .invalid(error, id: id ?? .null)
        }
    }
}

/// The members of one message.
private struct Envelope {
    let members: [JSONOutline.Member]
    let line: [UInt8]

    func value(_ name: String) -> ArraySlice<UInt8>? {
        members.first { $0.name == name }.map { line[$0.value] }
    }

    func id() throws(RPCError) -> JSONRPCID? {
        guard let text = value("id") else { return nil }
        if let number = JSONText.integer(text, as: Int64.self) { return .integer(number) }
        guard let id = try? JSONCoding.decode(JSONRPCID.self, fromChecked: text), isExact(id, text) else {
            throw .invalidRequest("id must be a string, null or a number that fits into 64 bits")
        }
        return id
    }

    // A whole number beyond 64 bits would come back rounded: another id.
    private func isExact(_ id: JSONRPCID, _ text: ArraySlice<UInt8>) -> Bool {
        guard case .number(let value) = id else { return true }
        let marks: [UInt8] = [UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")]
        return value.isFinite && text.contains { marks.contains($0) }
    }

    func message(id: JSONRPCID?) throws(RPCError) -> RPCMessage {
        if let name = JSONOutline.duplicate(in: members) {
            throw .invalidRequest("the message has the member '\(Excerpt.of(name))' twice")
        }
        guard string("jsonrpc") == "2.0" else {
            throw .invalidRequest("the member 'jsonrpc' must be \"2.0\"")
        }
        if value("method") == nil, value("result") != nil || value("error") != nil {
            return .response(RPCResponse(id: id ?? .null, outcome: try outcome()))
        }
        guard let method = string("method") else {
            throw .invalidRequest("the member 'method' must be a string")
        }
        let params = value("params")
        switch params?.first {
        case nil, UInt8(ascii: "{"), UInt8(ascii: "["): break
        default: throw .invalidRequest("the member 'params' must be an object")
        }
        return .request(RPCRequest(method: method, id: id, params: params))
    }

    private func string(_ name: String) -> String? {
        guard let text = value(name), text.first == UInt8(ascii: "\"") else { return nil }
        return try? JSONText.string(text)
    }

    private func outcome() throws(RPCError) -> Result<ArraySlice<UInt8>, RPCError> {
        if let text = value("error"), value("result") == nil {
            guard let error = try? JSONCoding.decode(RPCError.self, fromChecked: text) else {
                throw .invalidRequest("the member 'error' must be an object with 'code' and 'message'")
            }
            return .failure(error)
        }
        guard let text = value("result"), value("error") == nil else {
            throw .invalidRequest("a response must have either 'result' or 'error'")
        }
        return .success(text)
    }
}
