/// One run as its sandbox remembers it.
package struct RunStatus: Hashable, Sendable {
    package var runID: String
    package var argv: [String]
    /// Nil while it runs.
    package var outcome: RunOutcome?
    /// Seconds since 1970-01-01 UTC, by the sandbox's clock.
    package var startedAt: Double
    /// Bytes that each stream has produced so far.
    package var produced: OutputOffsets
    /// The first byte of each stream that `attach` can still give; nil for a run that nobody can attach to.
    package var kept: OutputOffsets?

    package init(
        runID: String, argv: [String], outcome: RunOutcome?, startedAt: Double, produced: OutputOffsets,
        kept: OutputOffsets?
    ) {
        self.runID = runID
        self.argv = argv
        self.outcome = outcome
        self.startedAt = startedAt
        self.produced = produced
        self.kept = kept
    }
}

/// A place in a run's output: bytes of each stream before it.
package struct OutputOffsets: Hashable, Sendable {
    package var stdout: Int
    package var stderr: Int

    package init(stdout: Int = 0, stderr: Int = 0) {
        self.stdout = stdout
        self.stderr = stderr
    }
}
