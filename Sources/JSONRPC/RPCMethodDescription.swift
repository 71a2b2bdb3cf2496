/// What a router knows of one of its methods.
package struct RPCMethodDescription: Sendable {
    package let name: String
    package let isForOperators: Bool
    package let isLook: Bool
    private let makeShapes: @Sendable () throws -> (params: JSONShape, result: JSONShape)

    package init<M: RPCMethod>(_ method: M.Type) {
        name = M.name
        isForOperators = M.isForOperators
        isLook = M.isLook
        makeShapes = {
            let params = try JSONShape(of: M.Params.self)
            let text = try JSONCoding.encode(params.example)
            let again = try JSONCoding.encode(try ParamsDecoder.decode(M.Params.self, from: text[...]))
            guard try JSONCoding.decode(JSONValue.self, from: again[...]) == params.example else {
                throw RPCError.internalError("\(M.name) understands the example of its params otherwise")
            }
            return (params, try JSONShape(of: M.Result.self))
        }
    }

    /// What its params and its result look like. Throws for a type that `JSONShape` cannot look into, and for params
    /// that are not what they were once they were written and read.
    package func shapes() throws -> (params: JSONShape, result: JSONShape) { try makeShapes() }
}
