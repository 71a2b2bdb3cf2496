import Glibc

/// Whole reads and writes on the standard descriptors, which may be pipes, files or terminals, blocking or not.
enum Descriptor {
    static func write(_ bytes: [UInt8], to descriptor: Int32, name: String) throws(CLIError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else {
                try retry(descriptor, POLLOUT, "cannot write to \(name)")
            }
        }
    }

    /// Nil when there are more than `maximum` bytes.
    static func read(_ descriptor: Int32, maximum: Int, name: String) throws(CLIError) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            switch count {
            case 0: return bytes
            case 1...:
                bytes += buffer.prefix(count)
                guard bytes.count <= maximum else { return nil }
            default: try retry(descriptor, POLLIN, "cannot read \(name)")
            }
        }
    }

    /// Returns when the call that has just failed may be made again; throws when it may not.
    private static func retry(_ descriptor: Int32, _ event: Int32, _ failure: String) throws(CLIError) {
        let number = errno
        guard number != EINTR else { return }
        // Somebody who shares the terminal or pipe with us made it non-blocking.
        guard number == EAGAIN else { throw CLIError("\(failure): \(String(cString: strerror(number)))") }
        var waiting = pollfd(fd: descriptor, events: Int16(event), revents: 0)
        poll(&waiting, 1, -1)
    }
}
