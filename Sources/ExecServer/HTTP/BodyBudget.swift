import Synchronization

/// The memory that request bodies may take together.
final class BodyBudget: Sendable {
    private let free: Mutex<Int>

    init(bytes: Int) {
        free = Mutex(bytes)
    }

    /// Room for one body, given back with the last reference.
    final class Share: Sendable {
        private let budget: BodyBudget
        private let held = Mutex(0)

        fileprivate init(_ budget: BodyBudget) {
            self.budget = budget
        }

        deinit {
            let held = held.withLock { $0 }
            budget.free.withLock { $0 += held }
        }

        /// Throws `overloaded` where so much is not free now.
        func grow(by bytes: Int) throws(ExecFailure) {
            let isGranted = budget.free.withLock { free in
                guard free >= bytes else { return false }
                free -= bytes
                return true
            }
            guard isGranted else { throw .overloaded("too many large requests at once: try again in a moment") }
            held.withLock { $0 += bytes }
        }
    }

    func share() -> Share { Share(self) }
}
