/// Describes an API as OpenRPC 1.3 has it, out of the types of its methods.
package enum OpenRPCDocument {
    /// Throws for a method whose types `JSONShape` cannot look into.
    package static func make(
        title: String, version: String, methods: some Sequence<RPCMethodDescription>
    ) throws -> JSONValue {
        [
            "openrpc": "1.3.2", "info": ["title": .string(title), "version": .string(version)],
            "methods": .array(try methods.sorted { $0.name < $1.name }.map(describe)),
        ]
    }

    private static func describe(_ method: RPCMethodDescription) throws -> JSONValue {
        let (params, result) = try method.shapes()
        let example: JSONValue = [
            "name": "with every member",
            "params": .array(
                params.members.map { member in
                    ["name": .string(member.name), "value": params.example[member.name] ?? .null]
                }),
            "result": ["name": "result", "value": result.example],
        ]
        return [
            "name": .string(method.name), "paramStructure": "by-name",
            "params": .array(
                params.members.map { member in
                    [
                        "name": .string(member.name), "required": .bool(member.isRequired), "schema": member.schema,
                    ]
                }),
            "result": ["name": "result", "schema": result.schema],
            "examples": [example],
            // Of ours: OpenRPC has no word for it.
            "x-operators-only": .bool(method.isForOperators),
        ]
    }
}
