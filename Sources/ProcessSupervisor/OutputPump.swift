import CPodkeeper
import Glibc
import Synchronization

/// Carries one output stream of a process to its consumer, reading nothing while the consumer is busy.
final class OutputPump: Sendable {
    /// Handed to the consumer at a time: what a pipe holds by default (pipe(7)).
    private static let chunkBytes = 65536
    /// F_GETPIPE_SZ of linux/fcntl.h, which Swift's Glibc module leaves out as it is there for GNU sources only.
    private static let getPipeSize: Int32 = 1032

    /// What the supervisor must know before the end of the stream.
    enum Report: Hashable {
        /// The consumer will take no more.
        case consumerGone
        /// The process wrote more than it may.
        case overLimit
    }

    let stream: ProcessStream
    private let source: OwnedDescriptor
    private let watch: PollWatch
    private let meter: OutputMeter
    private let isClosing = Mutex(false)

    /// `source` is the read end of a pipe, non-blocking.
    init(_ stream: ProcessStream, source: OwnedDescriptor, poller: Poller, meter: OutputMeter) {
        self.stream = stream
        self.source = source
        self.meter = meter
        watch = poller.watch(source.rawValue, for: PK_EPOLLIN)
    }

    /// Takes what is in the pipe now (at most what it can hold) and then ends, whoever else still holds it open.
    func closeSoon() {
        isClosing.withLock { $0 = true }
        watch.wake()
    }

    /// Runs until the end of the stream. Where the consumer throws, the rest is read and thrown away, so that the
    /// process is not stuck in write(2) while it is asked to end.
    func run(
        _ deliver: @Sendable (ProcessStream, Int, [UInt8]) async throws -> Void, report: @Sendable (Report) -> Void
    ) async {
        defer {
            watch.end()
            source.close()
        }
        var isDiscarding = false
        var bytesWhileClosing = 0
        while true {
            // Looked at before the pipe is: what was written before the closing is never missed.
            let isClosing = isClosing.withLock { $0 }
            switch source.read(atMost: Self.chunkBytes) {
            case .end: return
            case .wouldBlock:
                if isClosing { return }
                await watch.ready()
            case .bytes(let bytes):
                if !isDiscarding, let problem = await pass(bytes, to: deliver) {
                    isDiscarding = true
                    report(problem)
                }
                if isClosing { bytesWhileClosing &+= bytes.count }
                if bytesWhileClosing >= capacity { return }
            }
        }
    }

    private func pass(
        _ bytes: [UInt8], to deliver: @Sendable (ProcessStream, Int, [UInt8]) async throws -> Void
    ) async -> Report? {
        let share = meter.take(bytes.count, of: stream)
        do {
            if share.count == bytes.count {
                try await deliver(stream, share.offset, bytes)
            } else if share.count > 0 {
                try await deliver(stream, share.offset, Array(bytes.prefix(share.count)))
            }
        } catch {
            return .consumerGone
        }
        return share.count < bytes.count ? .overLimit : nil
    }

    private var capacity: Int {
        let size = fcntl(source.rawValue, Self.getPipeSize)
        return size > 0 ? Int(size) : Self.chunkBytes
    }
}
