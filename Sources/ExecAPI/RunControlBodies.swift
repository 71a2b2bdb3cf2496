/// The answer of `ExecRoute.start`.
package struct StartResult: Hashable, Sendable, Codable {
    /// False where the id was known: nothing was started.
    package var isNew: Bool

    private enum CodingKeys: String, CodingKey { case isNew = "is_new" }

    package init(isNew: Bool) {
        self.isNew = isNew
    }
}

/// The request of `ExecRoute.attach`: from which byte of each stream on.
package struct AttachBody: Hashable, Sendable, Codable {
    package var runID: String
    package var stdoutOffset: Int
    package var stderrOffset: Int

    private enum CodingKeys: String, CodingKey {
        case runID = "run_id"
        case stdoutOffset = "stdout_offset"
        case stderrOffset = "stderr_offset"
    }

    package init(runID: String, stdoutOffset: Int, stderrOffset: Int) {
        self.runID = runID
        self.stdoutOffset = stdoutOffset
        self.stderrOffset = stderrOffset
    }
}

/// The request of `ExecRoute.input`.
package struct InputBody: Hashable, Sendable, Codable {
    package var runID: String
    package var bytes: Base64Bytes
    /// Bytes written before these; nil appends.
    package var offset: Int?
    /// stdin is closed behind these bytes; a terminal gets its end-of-file character.
    package var isLast: Bool

    private enum CodingKeys: String, CodingKey {
        case runID = "run_id"
        case bytes = "data_b64"
        case offset
        case isLast = "eof"
    }

    package init(runID: String, bytes: Base64Bytes, offset: Int?, isLast: Bool) {
        self.runID = runID
        self.bytes = bytes
        self.offset = offset
        self.isLast = isLast
    }
}

package struct InputResult: Hashable, Sendable, Codable {
    /// Bytes that were written before the request's.
    package var start: Int
    /// Bytes taken so far, in all. Where the request's are not all among them, the process does not read: send the
    /// rest again.
    package var accepted: Int

    package init(start: Int, accepted: Int) {
        self.start = start
        self.accepted = accepted
    }
}

/// The request of `ExecRoute.resize`. An unknown or finished run is success.
package struct ResizeBody: Hashable, Sendable, Codable {
    package var runID: String
    package var size: TerminalSizeBody

    private enum CodingKeys: String, CodingKey {
        case runID = "run_id"
        case size = "pty"
    }

    package init(runID: String, size: TerminalSizeBody) {
        self.runID = runID
        self.size = size
    }
}

/// The request of `ExecRoute.wait`.
package struct WaitBody: Hashable, Sendable, Codable {
    package var runID: String
    /// The longest time to wait; above 0.
    package var seconds: Double

    private enum CodingKeys: String, CodingKey {
        case runID = "run_id"
        case seconds
    }

    package init(runID: String, seconds: Double) {
        self.runID = runID
        self.seconds = seconds
    }
}

/// The request of `ExecRoute.signal`, by number (signal(7)). An unknown or finished run is success.
package struct SignalBody: Hashable, Sendable, Codable {
    package var runID: String
    package var signal: Int32

    private enum CodingKeys: String, CodingKey {
        case runID = "run_id"
        case signal
    }

    package init(runID: String, signal: Int32) {
        self.runID = runID
        self.signal = signal
    }
}
