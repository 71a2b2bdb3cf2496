import CPodkeeper
import Glibc
import JSONRPC
import Logging

extension ReactorLoop {
    /// How long accepting pauses when the system has no more descriptors or memory for a connection.
    private static let pauseLength: Duration = .milliseconds(100)
    /// Connections taken in one go, so that a burst of them does not hold up the others' requests.
    private static let acceptBurst = 64

    mutating func accept() {
        guard drain == nil else { return }
        for _ in 0..<Self.acceptBurst {
            let descriptor = pk_accept(reactor.listener.descriptor, true)
            switch -descriptor {
            case EAGAIN: return
            // The peer has gone again (accept(2)).
            case ECONNABORTED, EPROTO: continue
            // EMFILE, ENFILE, ENOBUFS, ENOMEM: the connection stays in the backlog and would be reported at once.
            case 1...: return pauseAccepting(-descriptor)
            default: add(descriptor)
            }
        }
    }

    mutating func resumeAccepting() {
        guard let acceptPause, acceptPause.end <= .now else { return }
        self.acceptPause = nil
        watchListener(PK_EPOLLIN)
    }

    private mutating func pauseAccepting(_ number: Int32) {
        acceptPause = Pause(end: .now + Self.pauseLength)
        watchListener(0)
        guard !hasWarnedOfAccept else { return }
        hasWarnedOfAccept = true
        reactor.logger.warning(
            "cannot accept connections: \(Errno.text(number)); trying again until it works (raise LimitNOFILE?)",
            metadata: ["connections": "\(clients.count)"])
    }

    private func watchListener(_ events: UInt32) {
        _ = pk_epoll_ctl(
            reactor.epoll, PK_EPOLL_CTL_MOD, reactor.listener.descriptor, events, Self.listenerKey)
    }

    private mutating func add(_ descriptor: Int32) {
        hasWarnedOfAccept = false
        guard clients.count < reactor.limits.maximumConnections else {
            return refuse(
                descriptor,
                .overloaded("the daemon has \(clients.count) connections, as many as it serves", retryAfter: 1))
        }
        guard let peer = PeerCredentials(socket: descriptor) else {
            return refuse(descriptor, .internalError("the kernel does not tell who is calling"))
        }
        let ofUser = clientsOfUser[peer.uid] ?? 0
        guard ofUser < reactor.limits.maximumConnectionsPerUser else {
            return refuse(
                descriptor,
                .overloaded("user \(peer.uid) has \(ofUser) connections, as many as one user may", retryAfter: 1))
        }
        let key = nextKey
        guard pk_epoll_ctl(reactor.epoll, PK_EPOLL_CTL_ADD, descriptor, PK_EPOLLIN, key) >= 0 else {
            return refuse(descriptor, .overloaded("the daemon cannot watch more connections", retryAfter: 1))
        }
        nextKey += 1
        clientsOfUser[peer.uid] = ofUser + 1
        let connection = Connection(
            id: key, descriptor: descriptor, peer: peer, epoll: reactor.epoll, limits: reactor.limits,
            load: reactor.load, intake: reactor.intake)
        clients[key] = Client(
            connection: connection, framer: LineFramer(maximumLineBytes: reactor.limits.maximumMessageBytes))
        reactor.load.setConnections(clients.count)
    }

    private func refuse(_ descriptor: Int32, _ error: RPCError) {
        let line = RPCWriter.response(id: .null, .failure(error))
        // A new socket's buffer has room for one line; if not, the peer sees the connection end without a word.
        _ = line.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        Glibc.close(descriptor)
    }
}
