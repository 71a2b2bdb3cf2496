import ControlAPI
import ControlClient

/// Writes a run's streamed output to this process's own, byte by byte what it is.
struct RunOutputPrinter: Sendable {
    /// Bytes of each stream.
    struct Count: Hashable, Sendable {
        var stdout = 0
        var stderr = 0
    }

    let runID: String
    let terminal: Terminal

    /// Writes until the connection ends or the task is cancelled, and says how much that was.
    func follow(_ notifications: ControlNotifications) async throws -> Count {
        var count = Count()
        for await notification in notifications where notification.method == RunOutput.name {
            let output = try notification.decode(RunOutput.self)
            guard output.runID == runID else { continue }
            let bytes = LossyText.join(text: output.data ?? "", base64: output.dataBase64)
            if output.stream == "stderr" {
                try terminal.writeError(bytes)
                count.stderr += bytes.count
            } else {
                try terminal.writeOutput(bytes)
                count.stdout += bytes.count
            }
        }
        return count
    }
}
