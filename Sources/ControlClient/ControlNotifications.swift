/// The notifications of one connection, in order, from the moment that this sequence was asked for until the
/// connection ends. For one consumer; what one takes another does not get.
package struct ControlNotifications: AsyncSequence, Sendable {
    package typealias Element = RPCNotification

    private let wire: Wire

    init(wire: Wire) {
        self.wire = wire
    }

    package func makeAsyncIterator() -> Iterator { Iterator(wire: wire) }

    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let wire: Wire

        /// Nil when the connection has ended or the task is cancelled, and everything that came before was taken.
        package mutating func next() async -> RPCNotification? { await wire.nextNotification() }
    }
}
