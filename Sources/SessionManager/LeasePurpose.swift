/// What a lease is held for, as `session.explain` tells it.
package struct LeasePurpose: Hashable, Sendable {
    /// The method's name.
    package var operation: String
    /// The caller's; nil where nobody in particular asked.
    package var ownerUID: UInt32?
    package var runID: String?

    package init(_ operation: String, ownerUID: UInt32? = nil, runID: String? = nil) {
        self.operation = operation
        self.ownerUID = ownerUID
        self.runID = runID
    }
}
