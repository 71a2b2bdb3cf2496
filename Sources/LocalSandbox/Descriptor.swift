import Glibc
import SandboxCore

/// An open file descriptor that closes with its owner. Whoever opens one asks for `O_CLOEXEC`.
struct Descriptor: ~Copyable {
    let raw: Int32

    /// `result` is a descriptor, or `-errno` as CPodkeeper returns it.
    init(_ result: Int32, _ what: @autoclosure () -> String) throws(SandboxError) {
        guard result >= 0 else { throw SandboxError(.internal, "\(what()): \(SystemError(-result))") }
        raw = result
    }

    init(opening path: String, _ flags: Int32, mode: mode_t = 0o600) throws(SandboxError) {
        var descriptor: Int32
        repeat { descriptor = open(path, flags | O_CLOEXEC, mode) } while descriptor < 0 && errno == EINTR
        try self.init(descriptor < 0 ? -errno : descriptor, "cannot open '\(path)'")
    }

    deinit { close(raw) }

    /// Writes everything or throws.
    borrowing func write(_ bytes: [UInt8]) throws(SandboxError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(raw, $0.baseAddress, $0.count) }
            guard written >= 0 || errno == EINTR else {
                throw SandboxError(.internal, "cannot write: \(SystemError.current)")
            }
            rest = rest.dropFirst(max(0, written))
        }
    }

    /// At most `limit` bytes from here on.
    borrowing func read(limit: Int) throws(SandboxError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while bytes.count < limit {
            let wanted = min(chunk.count, limit - bytes.count)
            let got = chunk.withUnsafeMutableBytes { Glibc.read(raw, $0.baseAddress, wanted) }
            guard got >= 0 || errno == EINTR else {
                throw SandboxError(.internal, "cannot read: \(SystemError.current)")
            }
            if got == 0 { break }
            bytes += chunk.prefix(max(0, got))
        }
        return bytes
    }
}
