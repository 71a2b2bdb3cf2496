import CLibcurl
import Glibc

/// What carries the bytes of a `ConnectedSocket`.
enum SocketCarrier {
    /// A connection that libcurl has made, with proxy and TLS.
    case curl(Transfer, handle: UnsafeMutableRawPointer)
    /// A non-blocking socket as it is.
    case plain(Int32)

    enum Step {
        /// How many bytes; none received is the end of the stream.
        case moved(Int)
        case nothingYet
        case failed(String)
    }

    func receive(_ start: UnsafeMutableRawPointer?, _ count: Int) -> Step {
        switch self {
        case .curl(_, let handle):
            var moved = 0
            return Self.step(curl_easy_recv(handle, start, count, &moved), moved)
        case .plain(let fd):
            return Self.step { Glibc.recv(fd, start, count, 0) }
        }
    }

    /// After `nothingYet` it must be called again with the same arguments: TLS may have part of the bytes already.
    func send(_ start: UnsafeMutableRawPointer?, _ count: Int) -> Step {
        switch self {
        case .curl(_, let handle):
            var moved = 0
            return Self.step(curl_easy_send(handle, start, count, &moved), moved)
        case .plain(let fd):
            return Self.step { Glibc.send(fd, start, count, Int32(MSG_NOSIGNAL)) }
        }
    }

    func error(_ code: HTTPError.Code, _ reason: String) -> HTTPError {
        switch self {
        case .curl(let transfer, _): transfer.error(code, reason)
        case .plain: HTTPError(code, "tunnel: \(reason)", requestMayHaveReachedServer: true)
        }
    }

    private static func step(_ code: CURLcode, _ moved: Int) -> Step {
        switch code {
        case CURLE_OK: .moved(moved)
        case CURLE_AGAIN: .nothingYet
        default: .failed(String(cString: curl_easy_strerror(code)))
        }
    }

    private static func step(_ call: () -> Int) -> Step {
        while true {
            let moved = call()
            if moved >= 0 { return .moved(moved) }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .nothingYet
            default: return .failed(String(cString: strerror(errno)))
            }
        }
    }
}
