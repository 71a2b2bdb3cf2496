import SandboxCore

/// What may end a file operation early: a deadline, or a caller that went away. Asked between files and blocks.
package struct OperationWatch: Sendable {
    package var deadline: ContinuousClock.Instant?
    package var isCancelled: @Sendable () -> Bool

    /// Neither: for operations whose size bounds their time.
    package static let unbounded = Self(deadline: nil, isCancelled: { false })

    package init(deadline: ContinuousClock.Instant?, isCancelled: @escaping @Sendable () -> Bool) {
        self.deadline = deadline
        self.isCancelled = isCancelled
    }

    /// Throws `cancelled` or `deadlineExceeded` when it is time to stop.
    func check() throws(SandboxError) {
        if isCancelled() { throw .cancelled }
        guard let deadline, ContinuousClock.now >= deadline else { return }
        throw SandboxError(
            .deadlineExceeded, "the file operation did not end in time: name a narrower path, or allow it more")
    }
}
