import Glibc
import SandboxCore

/// Goes through a file line by line with a fixed buffer.
struct LineScanner {
    enum End {
        case whole
        /// The caller had enough.
        case stopped
        /// A NUL in its first 8000 bytes; no line was handed out.
        case binary
    }

    /// Longer lines are handed out cut: only their beginning is searched.
    let maximumLineBytes: Int
    private var block = [UInt8](repeating: 0, count: 1 << 16)
    private var pending: [UInt8] = []
    /// A line of this file was cut.
    private(set) var hasCutLine = false

    init(maximumLineBytes: Int) { self.maximumLineBytes = maximumLineBytes }

    /// `body` gets the line's number from 1 and its bytes without the newline, and returns false to stop. `beforeBlock`
    /// may throw to give up.
    mutating func scan(
        _ file: Int32, beforeBlock: () throws -> Void, _ body: (Int, UnsafeRawBufferPointer) throws -> Bool
    ) throws -> End {
        pending.removeAll(keepingCapacity: true)
        hasCutLine = false
        var number = 0
        var isFirst = true
        var isLast = false
        while !isLast {
            try beforeBlock()
            let count = try block.withUnsafeMutableBytes { try FileSystem.fill($0, from: file) }
            isLast = count < block.count
            if isFirst, block[..<min(count, FileLimits.binaryProbeBytes)].contains(0) { return .binary }
            isFirst = false
            guard try takeLines(count, &number, body) else { return .stopped }
        }
        guard !pending.isEmpty else { return .whole }
        return try pending.withUnsafeBytes { try body(number + 1, $0) } ? .whole : .stopped
    }

    private mutating func takeLines(
        _ count: Int, _ number: inout Int, _ body: (Int, UnsafeRawBufferPointer) throws -> Bool
    ) throws -> Bool {
        try block.withUnsafeBytes { block in
            var start = 0
            while start < count {
                let rest = UnsafeRawBufferPointer(rebasing: block[start..<count])
                guard let newline = rest.firstNewline else {
                    keep(rest)
                    return true
                }
                let line = UnsafeRawBufferPointer(rebasing: rest[..<newline])
                number += 1
                start += newline + 1
                if pending.isEmpty {
                    guard try body(number, line) else { return false }
                } else {
                    keep(line)
                    guard try pending.withUnsafeBytes({ try body(number, $0) }) else { return false }
                    pending.removeAll(keepingCapacity: true)
                }
            }
            return true
        }
    }

    private mutating func keep(_ part: UnsafeRawBufferPointer) {
        let room = maximumLineBytes - pending.count
        if part.count > room { hasCutLine = true }
        pending.append(contentsOf: part.prefix(max(0, room)))
    }
}
