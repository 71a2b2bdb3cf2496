import CPodkeeper
import Glibc

/// Who is at the other end of a connection: what the kernel noted when it connected (SO_PEERCRED, unix(7)), so that
/// the peer can neither forge nor change it.
package struct PeerCredentials: Hashable, Sendable {
    /// May have ended by now, and another process may have got its number: for messages, not for decisions.
    package var pid: Int32
    package var uid: UInt32
    package var gid: UInt32
    /// The peer's supplementary groups (SO_PEERGROUPS, Linux 4.13).
    package var supplementaryGroups: [UInt32]

    package init(pid: Int32, uid: UInt32, gid: UInt32, supplementaryGroups: [UInt32] = []) {
        self.pid = pid
        self.uid = uid
        self.gid = gid
        self.supplementaryGroups = supplementaryGroups
    }

    /// Nil when the kernel does not tell; such a peer must not be served.
    init?(socket: Int32) {
        var peer = pk_peer()
        guard pk_peer_credentials(socket, &peer) >= 0, let groups = Self.groups(of: socket) else { return nil }
        self.init(pid: peer.pid, uid: peer.uid, gid: peer.gid, supplementaryGroups: groups)
    }

    private static func groups(of socket: Int32) -> [UInt32]? {
        // NGROUPS_MAX is 65536 (limits.h); most have a handful. ERANGE tells the length that would do.
        var capacity = 64
        while true {
            var groups = [UInt32](repeating: 0, count: capacity)
            var length = socklen_t(capacity * MemoryLayout<UInt32>.size)
            let result = getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, &groups, &length)
            let count = Int(length) / MemoryLayout<UInt32>.size
            if result == 0 { return Array(groups.prefix(count)) }
            guard Errno.current == ERANGE, count > capacity, count <= 65_536 else { return nil }
            capacity = count
        }
    }
}
