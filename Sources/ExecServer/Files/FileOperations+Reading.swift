import Glibc
package import SandboxCore

/// Whole lines as they are in the file, with their newlines.
package struct RawLines: Hashable, Sendable {
    package var bytes: [UInt8]
    /// Lines in the whole file, as in `LineSlice`.
    package var totalLines: Int
}

extension FileOperations {
    /// Lines `offset`…`offset + limit` (0-based). Reads the whole file once, since `totalLines` needs it, but holds no
    /// more than the slice. Throws `binary` for a NUL in the first 8000 bytes and `too_large` for a slice over
    /// `FileLimits.maximumReadBytes` or `maximumReadLines`.
    package func readLines(
        _ path: SandboxPath, offset: Int, limit: Int, watch: OperationWatch = .unbounded
    ) throws(SandboxError) -> LineSlice {
        let raw = try readRawLines(path, offset: offset, limit: limit, watch: watch)
        return try LineSlice(splitting: raw.bytes, totalLines: raw.totalLines, path: path)
    }

    /// The same slice in one piece, byte for byte.
    package func readRawLines(
        _ path: SandboxPath, offset: Int, limit: Int, watch: OperationWatch = .unbounded
    ) throws(SandboxError) -> RawLines {
        guard offset >= 0, limit >= 0 else { throw .invalid("offset and limit must not be negative") }
        let file = try openRegular(path)
        let (sum, overflow) = offset.addingReportingOverflow(limit)
        var slicer = LineSlicer(path: path, lines: offset..<(overflow ? .max : sum))
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            try watch.check()
            let count = try Self.fill(&buffer, from: file.descriptor.raw, path)
            try buffer.withUnsafeBufferPointer { bytes throws(SandboxError) in
                try slicer.take(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[..<count])))
            }
            if count < buffer.count { return slicer.finish() }
        }
    }

    /// At most `length` bytes from `offset`; an offset at or past the end gives none. Throws `too_large`, before reading
    /// anything, when that is over `FileLimits.maximumReadBytes`.
    package func readBytes(
        _ path: SandboxPath, offset: Int64, length: Int, watch: OperationWatch = .unbounded
    ) throws(SandboxError) -> ByteSlice {
        guard offset >= 0, length >= 0 else { throw .invalid("offset and length must not be negative") }
        let file = try openRegular(path)
        let status = file.status
        let limit = FileLimits.maximumReadBytes
        // A file of /proc says 0 and has more: it is read as far as it goes.
        let expected = min(Int64(length), max(0, status.size - offset))
        guard expected <= Int64(limit) else {
            throw .fileTooLarge(path, size: expected, limit: limit, advice: "read it in smaller pieces")
        }
        guard lseek(file.descriptor.raw, off_t(offset), SEEK_SET) >= 0 else {
            // Farther than a file of this file system can reach (lseek(2)).
            if errno == EINVAL { return ByteSlice(bytes: [], size: status.size, isAtEnd: true) }
            throw SystemFailure(code: errno).error(for: path)
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(expected))
        var isAtEnd = false
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let most = min(length, limit)
        while bytes.count < most, !isAtEnd {
            try watch.check()
            let count = try Self.fill(&buffer, from: file.descriptor.raw, path)
            isAtEnd = count < buffer.count
            let kept = min(count, most - bytes.count)
            if kept < count { isAtEnd = false }
            bytes += buffer[..<kept]
        }
        let (end, overflow) = offset.addingReportingOverflow(Int64(bytes.count))
        guard !overflow, !bytes.isEmpty else {
            return ByteSlice(bytes: bytes, size: status.size, isAtEnd: isAtEnd || offset >= status.size)
        }
        let size = isAtEnd ? end : max(status.size, end)
        return ByteSlice(bytes: bytes, size: size, isAtEnd: isAtEnd || (status.size > 0 && end >= status.size))
    }

    static func fill(
        _ buffer: inout [UInt8], from file: Int32, _ path: SandboxPath
    ) throws(SandboxError) -> Int {
        do {
            return try buffer.withUnsafeMutableBufferPointer { bytes throws(SystemFailure) in
                try FileSystem.fill(UnsafeMutableRawBufferPointer(bytes), from: file)
            }
        } catch {
            throw error.error(for: path)
        }
    }
}
