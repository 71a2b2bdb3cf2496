/// The outermost level of a JSON text: which member is where. The parts stay bytes until somebody decodes them.
package enum JSONOutline: Hashable, Sendable {
    /// In the order of the text; a name that appears twice is there twice.
    case object([Member])
    case array([Range<Int>])
    case scalar

    package struct Member: Hashable, Sendable {
        package var name: String
        /// Indices into the slice that was read.
        package var value: Range<Int>
    }

    /// How deeply arrays and objects may nest. RFC 8259 section 9 lets an implementation limit it; without a limit
    /// a line of brackets would exhaust the stack of whatever decodes it.
    package static let maximumDepth = 128

    /// Checks the whole text (RFC 8259: UTF-8, one value, nothing after it) and says where its outermost parts are.
    ///
    /// With `checksValues`, also that every number fits into a `Double` and no string has half a surrogate pair
    /// (`"\ud800"`): JSON allows both, but no value can hold them.
    /// A text with more outermost parts than `maximumParts` is refused: what is kept of each is many times as long as the
    /// two bytes that it takes.
    package init(
        of text: ArraySlice<UInt8>, checksValues: Bool = false, maximumParts: Int = .max
    ) throws(JSONSyntaxError) {
        do {
            _ = try UTF8Span(validating: text.span)
        } catch {
            throw JSONSyntaxError(message: "text that is not UTF-8", offset: error.byteOffsets.lowerBound)
        }
        self = try JSONScanner.scan(text, checksValues: checksValues) { (scanner) throws(JSONSyntaxError) in
            try scanner.outline(maximumParts: maximumParts)
        }
    }

    /// The first name that appears twice, if any: RFC 8259 section 4 leaves open which value would count.
    static func duplicate(in members: [Member]) -> String? {
        // A few are compared with each other, which takes no memory; a peer may send any number.
        guard members.count > 8 else {
            return members.indices.first { index in members[..<index].contains { $0.name == members[index].name } }
                .map { members[$0].name }
        }
        var seen = Set<String>(minimumCapacity: members.count)
        return members.first { !seen.insert($0.name).inserted }?.name
    }
}
