import CPodkeeper
import Dispatch
import Glibc

/// Reads a descriptor piece by piece as bytes come, and can be called off while none do.
final class DescriptorReader: Sendable {
    private static let pieceBytes = 65_536

    private let descriptor: Int32
    private let name: String
    // A read may take for ever: it gets a thread of its own, none of those that tasks share.
    private let queue = DispatchQueue(label: "podkeeper.reader")

    init(_ descriptor: Int32, name: String) {
        self.descriptor = descriptor
        self.name = name
    }

    /// Nil at the end. Throws `CancellationError`, and `CLIError` for a failed read.
    func next() async throws -> [UInt8]? {
        let wakeup = pk_eventfd()
        guard wakeup >= 0 else { throw CLIError("cannot make an eventfd: errno \(-wakeup)") }
        defer { close(wakeup) }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                queue.async { continuation.resume(with: Result { try self.read(wakeup) }) }
            }
        } onCancel: {
            _ = pk_eventfd_signal(wakeup)
        }
    }

    private func read(_ wakeup: Int32) throws -> [UInt8]? {
        while true {
            var polls = [
                pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: wakeup, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&polls, 2, -1) >= 0 || errno == EINTR else { throw failure() }
            guard polls[1].revents == 0 else { throw CancellationError() }
            guard polls[0].revents != 0 else { continue }
            var buffer = [UInt8](repeating: 0, count: Self.pieceBytes)
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count >= 0 { return count == 0 ? nil : Array(buffer.prefix(count)) }
            // EIO: the terminal has gone.
            guard errno == EINTR || errno == EAGAIN else { throw failure() }
        }
    }

    private func failure() -> CLIError { CLIError("cannot read \(name): \(String(cString: strerror(errno)))") }
}
