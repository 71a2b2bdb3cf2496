import Glibc

/// A file descriptor that is closed when its owner goes away.
struct Descriptor: ~Copyable {
    let raw: Int32

    init(adopting raw: Int32) { self.raw = raw }

    deinit { _ = Glibc.close(raw) }

    /// Gives it away to an owner that closes it.
    consuming func release() { discard self }

    /// Closes it and throws what close(2) reports: the last chance to hear of a write that failed. Never retried:
    /// on Linux the descriptor is gone even after EINTR.
    consuming func closeReporting() throws(SystemFailure) {
        let raw = raw
        discard self
        guard Glibc.close(raw) != 0, errno != EINTR else { return }
        throw SystemFailure(code: errno)
    }
}
