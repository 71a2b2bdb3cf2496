import Glibc

/// Group names of the system (getgrnam(3)).
enum GroupName {
    /// The number of a group given by name or number. Throws `unknownGroup`.
    static func id(of name: String) throws(ControlServerError) -> UInt32 {
        if let number = UInt32(name) { return number }
        var entry = group()
        var found: UnsafeMutablePointer<group>?
        // ERANGE asks for more room: a group may have thousands of members. 1 MiB is where that ends.
        var capacity = 4096
        while capacity <= 1 << 20 {
            var buffer = [CChar](repeating: 0, count: capacity)
            let number = getgrnam_r(name, &entry, &buffer, capacity, &found)
            if number == 0 { break }
            guard number == ERANGE else { throw .system(-number, "cannot look up the group \(name)") }
            capacity *= 4
        }
        guard found != nil else {
            throw ControlServerError(
                .unknownGroup, "there is no group \(name) for the socket: create it or name another one")
        }
        return entry.gr_gid
    }
}
