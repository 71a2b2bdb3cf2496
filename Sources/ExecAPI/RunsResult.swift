/// The answer of `ExecRoute.runs`: those that go on and the latest that ended, oldest first.
package struct RunsResult: Hashable, Sendable, Codable {
    package struct Run: Hashable, Sendable, Codable {
        package var runID: String
        package var argv: [String]
        /// Nil while it runs.
        package var outcome: RunOutcomeBody?
        /// Seconds since 1970-01-01 UTC.
        package var startedAt: Double
        package var stdoutBytes: Int
        package var stderrBytes: Int
        /// The first byte that `ExecRoute.attach` can give; nil where nobody can attach.
        package var stdoutKept: Int?
        package var stderrKept: Int?

        private enum CodingKeys: String, CodingKey {
            case argv, outcome
            case runID = "run_id"
            case startedAt = "started_at"
            case stdoutBytes = "stdout_bytes"
            case stderrBytes = "stderr_bytes"
            case stdoutKept = "stdout_kept"
            case stderrKept = "stderr_kept"
        }

        package init(
            runID: String, argv: [String], outcome: RunOutcomeBody?, startedAt: Double, stdoutBytes: Int,
            stderrBytes: Int, stdoutKept: Int?, stderrKept: Int?
        ) {
            self.runID = runID
            self.argv = argv
            self.outcome = outcome
            self.startedAt = startedAt
            self.stdoutBytes = stdoutBytes
            self.stderrBytes = stderrBytes
            self.stdoutKept = stdoutKept
            self.stderrKept = stderrKept
        }
    }

    package var runs: [Run]

    package init(runs: [Run]) {
        self.runs = runs
    }
}
