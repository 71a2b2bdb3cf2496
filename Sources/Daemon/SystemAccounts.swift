import Glibc

/// The system's user and group tables (getpwnam_r(3), getgrnam_r(3)).
package enum SystemAccounts {
    /// Buffers for one entry: glibc's answer to `sysconf(_SC_GETPW_R_SIZE_MAX)` is 1024; large groups need more.
    private static let bufferBytes = 65536

    /// A user id from its name or its digits; nil where there is no such user.
    package static func userID(_ nameOrID: String) -> UInt32? {
        if let id = UInt32(nameOrID) { return id }
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: bufferBytes)
        guard getpwnam_r(nameOrID, &entry, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
        return entry.pw_uid
    }

    package static func groupID(_ nameOrID: String) -> UInt32? {
        if let id = UInt32(nameOrID) { return id }
        var entry = group()
        var found: UnsafeMutablePointer<group>?
        var buffer = [CChar](repeating: 0, count: bufferBytes)
        guard getgrnam_r(nameOrID, &entry, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
        return entry.gr_gid
    }

    /// The name of a user id; nil where it has none.
    package static func userName(_ uid: UInt32) -> String? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: bufferBytes)
        guard getpwuid_r(uid, &entry, &buffer, buffer.count, &found) == 0, found != nil, let name = entry.pw_name else {
            return nil
        }
        return String(cString: name)
    }
}
