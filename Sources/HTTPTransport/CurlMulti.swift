import CLibcurl
import CPodkeeper
import Glibc

/// A libcurl multi handle, its timer and its sockets in the loop's epoll. Lives on the loop's thread; `close` before
/// dropping it.
final class CurlMulti {
    private let handle: UnsafeMutableRawPointer
    private let epoll: Int32
    let tag: UInt64
    private var transfers = 0
    /// When libcurl wants to be called, whatever the sockets do.
    private(set) var deadline: UInt64?
    /// Handles whose socket could not be watched, with the errno: nothing would ever move them.
    private var unwatched: [(handle: UnsafeMutableRawPointer, errno: Int32)] = []

    /// `tag` is the upper half of the epoll data of its sockets; the lower one is the descriptor.
    /// - Throws: `system`.
    init(epoll: Int32, tag: UInt64, connectionsPerHost: Int?) throws(HTTPError) {
        guard let handle = curl_multi_init() else {
            throw HTTPError(.system, "libcurl has no memory for a multi handle")
        }
        self.handle = handle
        self.epoll = epoll
        self.tag = tag
        // Idle connections kept; libcurl's own default of four per request under way suits no daemon.
        pk_curl_multi_set_long(handle, CURLMOPT_MAXCONNECTS, 256)
        pk_curl_multi_set_long(handle, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING))
        if let connectionsPerHost {
            pk_curl_multi_set_long(handle, CURLMOPT_MAX_HOST_CONNECTIONS, connectionsPerHost)
        }
        let context = Unmanaged.passUnretained(self).toOpaque()
        pk_curl_multi_set_watchers(handle, Self.watchSocket, Self.setTimer, context)
    }

    /// Closes the idle connections too.
    func close() {
        curl_multi_cleanup(handle)
    }

    /// Whether no transfer is in it.
    var isUnused: Bool { transfers == 0 }

    func add(_ easy: CurlEasy) -> Bool {
        guard curl_multi_add_handle(handle, easy.handle) == CURLM_OK else { return false }
        transfers += 1
        return true
    }

    func remove(_ easy: CurlEasy) {
        curl_multi_remove_handle(handle, easy.handle)
        transfers -= 1
    }

    func socketReady(_ fd: Int32, events: UInt32) {
        var bits: Int32 = 0
        if events & PK_EPOLLIN != 0 { bits |= CURL_CSELECT_IN }
        if events & PK_EPOLLOUT != 0 { bits |= CURL_CSELECT_OUT }
        if events & (PK_EPOLLERR | PK_EPOLLHUP) != 0 { bits |= CURL_CSELECT_ERR }
        var running: Int32 = 0
        curl_multi_socket_action(handle, fd, bits, &running)
    }

    func fireTimer(now: UInt64) {
        guard let deadline, deadline <= now else { return }
        self.deadline = nil
        var running: Int32 = 0
        curl_multi_socket_action(handle, curl_socket_t(-1), 0, &running)
    }

    func nextFinished() -> (handle: UnsafeMutableRawPointer, result: CURLcode)? {
        var result = CURLE_OK
        return pk_curl_multi_next_done(handle, &result).map { ($0, result) }
    }

    func nextUnwatched() -> (handle: UnsafeMutableRawPointer, errno: Int32)? {
        unwatched.popLast()
    }

    // MARK: Callbacks of libcurl, which only note what it wants

    private func watch(_ fd: Int32, _ what: Int32, for easy: UnsafeMutableRawPointer?) {
        guard what != CURL_POLL_REMOVE else {
            _ = pk_epoll_ctl(epoll, PK_EPOLL_CTL_DEL, fd, 0, 0)
            return
        }
        var events: UInt32 = 0
        if what & CURL_POLL_IN != 0 { events |= PK_EPOLLIN }
        if what & CURL_POLL_OUT != 0 { events |= PK_EPOLLOUT }
        let data = tag << 32 | UInt64(UInt32(bitPattern: fd))
        var outcome = pk_epoll_ctl(epoll, PK_EPOLL_CTL_ADD, fd, events, data)
        if outcome == 0 {
            // The socket pairs of the resolver's threads are not made close-on-exec.
            _ = pk_set_cloexec(fd)
        } else if outcome == -EEXIST {
            outcome = pk_epoll_ctl(epoll, PK_EPOLL_CTL_MOD, fd, events, data)
        }
        if outcome < 0, let easy { unwatched.append((easy, -outcome)) }
    }

    private static let watchSocket: pk_curl_socket_function = { easy, fd, what, context, _ in
        guard let context else { return 0 }
        Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue().watch(fd, what, for: easy)
        return 0
    }

    private static let setTimer: pk_curl_timer_function = { _, milliseconds, context in
        guard let context else { return 0 }
        let multi = Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue()
        let delay = UInt64(exactly: milliseconds).map { $0 &* 1_000_000 }
        multi.deadline = delay.map { MonotonicClock.now() &+ $0 }
        return 0
    }
}
