package import JSONRPC

/// A session with what the call that asked for it did: the session's members plus `created` and `replaced`.
package struct OpenedSession: Decodable, JSONWritable, Hashable {
    /// The dead sandbox that this one took the place of.
    package struct Replaced: Codable, Hashable, Sendable {
        package var generation: Int
        package var reason: String

        package init(generation: Int, reason: String) {
            self.generation = generation
            self.reason = reason
        }
    }

    package var session: Session
    package var created: Bool
    package var replaced: Replaced?

    private enum CodingKeys: CodingKey { case created, replaced }

    package init(session: Session, created: Bool, replaced: Replaced?) {
        self.session = session
        self.created = created
        self.replaced = replaced
    }

    package init(from decoder: any Decoder) throws {
        session = try Session(from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        created = try container.decode(Bool.self, forKey: .created)
        replaced = try container.decodeIfPresent(Replaced.self, forKey: .replaced)
    }

    package func writeMembers(to object: inout JSONObjectWriter) {
        session.writeMembers(to: &object)
        object.member("created", created)
        if let replaced {
            object.object("replaced") { inner in
                inner.member("generation", replaced.generation)
                inner.member("reason", replaced.reason)
            }
        } else {
            object.null("replaced")
        }
    }
}
