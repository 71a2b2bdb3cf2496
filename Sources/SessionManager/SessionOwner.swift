/// Who opened a session, as the kernel told it (`SO_PEERCRED`, unix(7)).
package struct SessionOwner: Hashable, Sendable {
    package var uid: UInt32
    package var gid: UInt32
    /// The uid's name at that time; nil where it has none.
    package var user: String?

    /// Of a pool's sandbox that nobody has claimed: the uid that is nobody's (chown(2) takes it for "unchanged").
    package static let pool = Self(uid: .max, gid: .max, user: nil)

    package init(uid: UInt32, gid: UInt32, user: String?) {
        self.uid = uid
        self.gid = gid
        self.user = user
    }
}
