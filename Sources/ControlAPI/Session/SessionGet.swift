import JSONRPC

/// Shows one session. Looking is not activity.
package enum SessionGet: RPCMethod {
    package static let name = "session.get"
    package static var isLook: Bool { true }

    package struct Params: SessionParams {
        package var sessionID: String
        /// Ask the sandbox what it uses, too.
        package var usage: Bool?

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case sessionID = "session_id"
            case usage
        }

        package static func only(_ member: String, _ value: String) -> Self? {
            member == CodingKeys.sessionID.rawValue ? Self(sessionID: value) : nil
        }

        package init(sessionID: String, usage: Bool? = nil) {
            self.sessionID = sessionID
            self.usage = usage
        }
    }

    package typealias Result = Session
}
