package import JSONRPC

/// The `OpenedSession` of a session that was there, of which all that stays the same from one request to the next is text
/// already. Agent servers ask for it before every step, and writing it anew was a third of what the request costs.
package struct LiveSessionAnswer: JSONWritable {
    private let constant: JSONMembersText
    private let use: SessionUse

    /// `constant`: of the same session, by `constant(of:)`.
    package init(constant: JSONMembersText, use: SessionUse) {
        self.constant = constant
        self.use = use
    }

    package static func constant(of session: Session) -> JSONMembersText {
        JSONMembersText { object in
            session.writeConstantMembers(to: &object)
            object.member("created", false)
            object.null("replaced")
        }
    }

    package func writeMembers(to object: inout JSONObjectWriter) {
        object.members(constant)
        use.writeMembers(to: &object)
    }
}
