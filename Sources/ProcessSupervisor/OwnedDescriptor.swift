import Glibc
import Synchronization

/// A file descriptor with one owner: closed once, by `close` or with the last reference.
package final class OwnedDescriptor: Sendable {
    private let descriptor: Mutex<Int32>

    /// Takes over `descriptor`, which must be open and close-on-exec.
    package init(_ descriptor: Int32) {
        self.descriptor = Mutex(descriptor)
    }

    deinit {
        close()
    }

    /// -1 once closed.
    package var rawValue: Int32 { descriptor.withLock { $0 } }

    package func close() {
        let open = release()
        // Not repeated on EINTR: Linux has closed the descriptor by then (close(2)).
        if open >= 0 { _ = Glibc.close(open) }
    }

    /// Gives the descriptor away: it is the caller's to close.
    package func release() -> Int32 {
        descriptor.withLock { current in
            defer { current = -1 }
            return current
        }
    }

    /// At most `count` bytes, without blocking where the descriptor is non-blocking.
    func read(atMost count: Int) -> ReadOutcome {
        let descriptor = rawValue
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            initialized = 0
            while true {
                let got = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                if got >= 0 {
                    initialized = got
                    return
                }
                failure = errno
                if failure != EINTR { return }
                failure = 0
            }
        }
        if failure == EAGAIN { return .wouldBlock }
        if failure != 0 || bytes.isEmpty { return .end }
        return .bytes(bytes)
    }

    /// How many bytes were taken; -1 for "not now", nil when nobody will ever read them.
    func write(_ bytes: ArraySlice<UInt8>) -> Int? {
        let descriptor = rawValue
        return bytes.withUnsafeBytes { buffer in
            while true {
                let written = Glibc.write(descriptor, buffer.baseAddress, buffer.count)
                if written >= 0 { return written }
                if errno == EAGAIN { return -1 }
                if errno != EINTR { return nil }
            }
        }
    }

    func setNonblocking() {
        let flags = fcntl(rawValue, F_GETFL)
        if flags >= 0 { _ = fcntl(rawValue, F_SETFL, flags | O_NONBLOCK) }
    }
}

enum ReadOutcome {
    case bytes([UInt8])
    case wouldBlock
    /// End of file, or an error after which nothing more comes.
    case end
}
