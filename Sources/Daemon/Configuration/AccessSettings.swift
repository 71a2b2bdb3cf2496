/// Who may use the socket, and as what. Empty lists of agents: whoever the socket's permissions let in.
package struct AccessSettings: Hashable, Sendable {
    /// User and group ids, groups given by name already resolved.
    package struct Principals: Hashable, Sendable {
        package var uids: Set<UInt32> = []
        package var gids: Set<UInt32> = []

        package var isEmpty: Bool { uids.isEmpty && gids.isEmpty }
    }

    package var socketMode: UInt32 = 0o660
    /// Group id of the socket; nil leaves the daemon's own.
    package var socketGroup: UInt32?
    package var operators = Principals()
    package var agents = Principals()

    package init() {}
}

extension AccessSettings {
    init(_ section: inout YAMLSection) throws {
        self.init()
        if let text = try section.string("socket_mode") {
            guard let mode = UInt32(text, radix: 8), mode <= 0o777 else {
                throw ConfigurationError(
                    file: section.file, line: nil, "\(section.path).socket_mode must be octal, such as \"0660\"")
            }
            socketMode = mode
        }
        if let name = try section.string("group") {
            guard let gid = SystemAccounts.groupID(name) else {
                throw ConfigurationError(
                    file: section.file, line: nil,
                    "\(section.path).group: there is no group '\(name)'; create it (groupadd --system \(name)) or remove the key"
                )
            }
            socketGroup = gid
        }
        var inner = try section.section("operators")
        operators = try Self.principals(&inner)
        inner = try section.section("agents")
        agents = try Self.principals(&inner)
        try section.finish()
    }

    private static func principals(_ section: inout YAMLSection) throws -> Principals {
        var result = Principals()
        result.uids = Set(try section.list("uids", "user names or ids", SystemAccounts.userID) ?? [])
        result.gids = Set(try section.list("groups", "group names or ids", SystemAccounts.groupID) ?? [])
        try section.finish()
        return result
    }
}
