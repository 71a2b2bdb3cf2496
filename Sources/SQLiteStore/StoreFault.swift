/// The store is not as the daemon believes: nothing was changed.
struct StoreFault: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
