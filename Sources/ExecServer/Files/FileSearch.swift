import Glibc
import SandboxCore

/// Collects the matching lines of one file after the other, within the bounds of an answer.
struct FileSearch {
    let expression: ExtendedRegularExpression
    let limit: Int
    let watch: OperationWatch
    private(set) var result = GrepResult(matches: [])
    /// No more matches fit.
    private(set) var isFull = false
    private var scanner: LineScanner
    private var bytes = 0

    init(expression: ExtendedRegularExpression, limit: Int, watch: OperationWatch) throws(SandboxError) {
        guard limit > 0 else { throw .invalid("limit must be above 0") }
        self.expression = expression
        self.scanner = LineScanner(maximumLineBytes: expression.maximumLineBytes)
        self.limit = min(limit, FileLimits.maximumMatches)
        self.watch = watch
    }

    /// Opens and searches a file of a walk.
    mutating func search(_ file: TreeWalk.File) throws(SandboxError) {
        let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY
        do {
            let opened = try FileSystem.open(file.name, in: file.directory, flags)
            // What was a regular file when its name was read may be a FIFO now.
            guard try FileSystem.status(of: opened.raw).isRegular else { return }
            try search(opened.raw, path: file.path)
        } catch let failure as SystemFailure {
            if ![ENOENT, ELOOP].contains(failure.code) { note(file.path) }
        } catch {
            throw SandboxError(wrapping: error)
        }
    }

    mutating func search(_ file: Int32, path: [UInt8]) throws(SandboxError) {
        let (watch, expression, limit) = (watch, expression, limit)
        var found: [(Int, [UInt8])] = []
        var isCut = false
        var (matches, size) = (result.matches.count, bytes)
        do {
            let end = try scanner.scan(file, beforeBlock: { try watch.check() }) { number, line in
                guard expression.matches(line) else { return true }
                matches += 1
                let kept = min(line.count, FileLimits.maximumMatchLineBytes)
                size += path.count + kept
                guard matches <= limit, size <= FileLimits.maximumMatchBytes else { return false }
                found.append((number, Array(line.prefix(kept))))
                if kept < line.count { isCut = true }
                return true
            }
            if end == .stopped { (isFull, result.truncated) = (true, true) }
            if isCut || scanner.hasCutLine { result.truncated = true }
        } catch is SystemFailure {
            note(path)
        } catch {
            throw SandboxError(wrapping: error)
        }
        // Also what was found before a read failed.
        bytes = size
        result.matches += found.map { GrepMatch(path: path, lineNumber: $0.0, line: $0.1) }
    }

    private mutating func note(_ path: [UInt8]) {
        guard result.unreadable.count < FileLimits.maximumUnreadable else {
            result.truncated = true
            return
        }
        result.unreadable.append(path)
    }
}
