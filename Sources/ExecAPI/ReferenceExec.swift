/// The reference's `POST /exec`: a shell line.
package struct ReferenceExecBody: Hashable, Sendable, Codable {
    package var command: String
    /// Seconds; nil and 0 are the default of 1800.
    package var timeoutSeconds: Double?

    private enum CodingKeys: String, CodingKey {
        case command
        case timeoutSeconds = "timeout_seconds"
    }

    package init(command: String, timeoutSeconds: Double?) {
        self.command = command
        self.timeoutSeconds = timeoutSeconds
    }
}

/// Its answer, as a client must take it from any server: only `output` can be relied on.
package struct ReferenceExecResult: Hashable, Sendable, Codable {
    package var output: String?
    package var exitCode: Int?
    package var truncated: Bool?

    private enum CodingKeys: String, CodingKey {
        case output, truncated
        case exitCode = "exit_code"
    }

    package init(output: String?, exitCode: Int?, truncated: Bool?) {
        self.output = output
        self.exitCode = exitCode
        self.truncated = truncated
    }
}
