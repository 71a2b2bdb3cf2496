/// Notifications between the thread that reads them and the one task that takes them.
struct NotificationInbox {
    typealias Consumer = CheckedContinuation<RPCNotification?, Never>

    /// Whether anybody has asked for notifications; without that they are dropped.
    var isWanted = false
    private(set) var byteCount = 0
    private var waiting: [RPCNotification] = []
    /// Index of the first that is not taken yet.
    private var head = 0
    private var consumer: (number: UInt64, continuation: Consumer)?
    private var isEnded = false

    /// Gives the consumer to hand the notification to, when one waits; keeps it otherwise.
    mutating func add(_ notification: RPCNotification) -> Consumer? {
        guard isWanted, !isEnded else { return nil }
        if let consumer {
            self.consumer = nil
            return consumer.continuation
        }
        waiting.append(notification)
        byteCount += notification.byteCount
        return nil
    }

    enum Turn {
        case take(RPCNotification?)
        case wait
    }

    /// The next notification; nil where none is left at the end or for who may not wait; or `wait`: then `continuation`
    /// is kept and gets it.
    mutating func next(_ number: UInt64, _ continuation: Consumer, mayWait: Bool) -> Turn {
        if head < waiting.count {
            let notification = waiting[head]
            byteCount -= notification.byteCount
            head += 1
            if head == waiting.count || head >= 256 {
                waiting.removeFirst(head)
                head = 0
            }
            return .take(notification)
        }
        // A second consumer would wait for ever where the first one takes all: it gets the end.
        guard !isEnded, mayWait, consumer == nil else { return .take(nil) }
        consumer = (number, continuation)
        return .wait
    }

    /// The consumer of that number, when it still waits.
    mutating func cancel(_ number: UInt64) -> Consumer? {
        guard let consumer, consumer.number == number else { return nil }
        self.consumer = nil
        return consumer.continuation
    }

    /// What is kept can still be taken; after it comes nil. Gives the consumer that waits, to be told.
    mutating func end() -> Consumer? {
        isEnded = true
        defer { consumer = nil }
        return consumer?.continuation
    }
}
