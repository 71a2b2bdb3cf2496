package import JSONRPC

/// Params whose members are the cases of their own `CodingKeys`: the names that are accepted cannot drift from the
/// names that are decoded.
package protocol NamedParams: RPCParams {
    associatedtype CodingKeys: CodingKey & CaseIterable
}

extension NamedParams {
    package static var memberNames: [String] { CodingKeys.allCases.map(\.stringValue) }
}

/// Params that name a session, which is what the call is about: only its owner and operators may make it.
package protocol SessionParams: NamedParams {
    var sessionID: String { get }
}

extension SessionParams {
    package var subject: String? { sessionID }
}
