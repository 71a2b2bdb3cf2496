/// Members of an object, written once to be put into more than one.
package struct JSONMembersText: Sendable {
    let bytes: [UInt8]

    package init(_ write: (inout JSONObjectWriter) -> Void) {
        var object = JSONObjectWriter(after: JSONBytes(capacity: 1024))
        write(&object)
        bytes = Array(object.finish().array.dropFirst().dropLast())
    }
}
