import SandboxCore

/// What the shell around a command writes beside the command's own output, so that its end is known from the output
/// itself: neither a lost status nor a child that keeps the streams open then matters, and output that was cut off is
/// never taken for a whole.
struct ShellFrame: Sendable {
    enum End: Hashable, Sendable {
        case exited(Int)
        /// The directory to run in could not be entered; nothing ran.
        case noDirectory
    }

    private var stdout: MarkerScanner
    private var stderr: MarkerScanner
    private var isStderrDone = false
    private var end: End?
    /// The shell's own process id, once the command is about to start.
    private(set) var shellID: Int32?

    init(marker: String) {
        stdout = MarkerScanner(marker: marker)
        stderr = MarkerScanner(marker: marker)
    }

    /// Set once both streams have come to their end. What a child writes after it is no part of the command's output.
    var result: End? { isStderrDone ? end : nil }

    /// The command's own bytes in this piece of a stream.
    mutating func feed(_ stream: OutputStream, _ bytes: [UInt8]) -> [UInt8] {
        switch stream {
        case .stdout: feedStdout(bytes)
        case .stderr: feedStderr(bytes)
        }
    }

    private mutating func feedStdout(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        for item in stdout.feed(bytes) where end == nil {
            switch item {
            case .output(let bytes): output += bytes
            case .mark(let text): take(text.split(separator: " "))
            }
        }
        return output
    }

    private mutating func take(_ words: [Substring]) {
        switch words.first {
        case "start": shellID = words.dropFirst().first.flatMap { Int32($0) }
        case "exit":
            if let code = words.dropFirst().first.flatMap({ Int($0) }), (0...255).contains(code) { end = .exited(code) }
        case "cd": end = .noDirectory
        default: break
        }
    }

    private mutating func feedStderr(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        for item in stderr.feed(bytes) where !isStderrDone {
            switch item {
            case .output(let bytes): output += bytes
            case .mark: isStderrDone = true
            }
        }
        return output
    }
}
