import SandboxCore
import Synchronization

/// The start of a command's output, as `execute` returns it; the rest is counted as cut off.
final class MergedOutput: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var isCut = false
    }

    private let state = Mutex(State())

    func append(_ bytes: [UInt8]) {
        state.withLock { state in
            let room = ExecuteResult.maximumOutputBytes - state.bytes.count
            state.bytes += bytes.prefix(room)
            if bytes.count > room { state.isCut = true }
        }
    }

    /// Bytes that are not UTF-8 become U+FFFD, which is three bytes long: the limit holds for the text too.
    var text: (output: String, isCut: Bool) {
        let (bytes, isCut) = state.withLock { ($0.bytes, $0.isCut) }
        let text = String(decoding: isCut ? Self.withoutBrokenTail(bytes) : bytes, as: UTF8.self)
        guard text.utf8.count > ExecuteResult.maximumOutputBytes else { return (text, isCut) }
        let kept = Self.withoutBrokenTail(Array(text.utf8.prefix(ExecuteResult.maximumOutputBytes)))
        return (String(decoding: kept, as: UTF8.self), true)
    }

    /// Without the bytes at the end that belong to a character that was cut in two.
    private static func withoutBrokenTail(_ bytes: [UInt8]) -> [UInt8] {
        for length in 1...4 where length <= bytes.count {
            let byte = bytes[bytes.count - length]
            guard byte & 0b1100_0000 != 0b1000_0000 else { continue }
            let needed = byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
            return needed > length ? Array(bytes.dropLast(length)) : bytes
        }
        return bytes
    }
}
