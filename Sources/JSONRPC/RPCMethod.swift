/// The parameters of one method, always a JSON object ("by-name", JSON-RPC 2.0 section 4.2).
///
/// A `null` member counts as absent (`decodeIfPresent`); a member that is not in `memberNames` is refused before
/// `init(from:)` is called.
package protocol RPCParams: Codable, Sendable {
    /// Every member as it is spelled on the wire.
    static var memberNames: [String] { get }

    /// The params that have this one member, a string, and no other; nil where that is not enough, or not worth a way
    /// of its own past `init(from:)`.
    static func only(_ member: String, _ value: String) -> Self?

    /// What the call is about, for whoever decides whether the caller may make it; nil where the method names nothing.
    var subject: String? { get }
}

extension RPCParams {
    package static func only(_ member: String, _ value: String) -> Self? { nil }
    package var subject: String? { nil }
}

/// One method of an API: its name and its types, shared by server and client.
package protocol RPCMethod: Sendable {
    associatedtype Params: RPCParams
    associatedtype Result: Codable & Sendable

    /// The name on the wire, such as `session.get`.
    static var name: String { get }

    /// Whether it is for operators alone.
    static var isForOperators: Bool { get }

    /// Whether it only looks at what the server knows: nobody need write down who called it.
    static var isLook: Bool { get }
}

extension RPCMethod {
    package static var isForOperators: Bool { false }
    package static var isLook: Bool { false }
}

/// The parameters of a method that has none: absent or `{}`.
package struct NoParams: RPCParams, Hashable {
    package static let memberNames: [String] = []

    package init() {}
}

/// The result `{}`.
package struct EmptyResult: Codable, Hashable, Sendable {
    package init() {}
}
