/// How far a pod has come.
package enum ReadinessVerdict: Hashable, Sendable {
    /// Nothing is wrong, or nothing past mending: what it waits for, as the failure that it would be at the deadline.
    case waiting(StartFailure)
    /// The main container runs.
    case running
    /// It runs, and the pod's Ready condition is true.
    case ready
    /// It cannot come up any more.
    case failed(StartFailure)
}
