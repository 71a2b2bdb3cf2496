import SandboxCore

/// Sessions by id.
///
/// A dictionary of them would take three times the room: a session is large, and a hash table is up to two thirds
/// empty. So the hash table only says where a session lies, and they lie side by side.
struct SessionTable {
    /// Sessions in one block: small enough that a new block is little, large enough that blocks are few.
    private static let blockSize = 64

    private var places: [SessionID: Int32] = [:]
    private var blocks: [[Session?]] = []
    /// Places that are free, the next one to be taken last.
    private var free: [Int32] = []

    var count: Int { places.count }
    var isEmpty: Bool { places.isEmpty }
    var keys: Dictionary<SessionID, Int32>.Keys { places.keys }
    var values: Values { Values(blocks: blocks) }

    /// All of them, in no order.
    struct Values: Sequence, IteratorProtocol {
        fileprivate let blocks: [[Session?]]
        private var block = 0
        private var index = 0

        fileprivate init(blocks: [[Session?]]) { self.blocks = blocks }

        mutating func next() -> Session? {
            while block < blocks.count {
                while index < blocks[block].count {
                    defer { index += 1 }
                    if let session = blocks[block][index] { return session }
                }
                (block, index) = (block + 1, 0)
            }
            return nil
        }
    }

    subscript(sessionID: SessionID) -> Session? {
        get {
            guard let place = places[sessionID] else { return nil }
            return self[place]
        }
        set {
            if let place = places[sessionID] {
                self[place] = newValue
                guard newValue == nil else { return }
                places[sessionID] = nil
                free.append(place)
            } else if newValue != nil {
                let place = takePlace()
                places[sessionID] = place
                self[place] = newValue
            }
        }
    }

    /// Changes one where it lies. Nil where there is none.
    @discardableResult
    mutating func inPlace<Answer, Failure: Error>(
        _ sessionID: SessionID, _ body: (inout Session) throws(Failure) -> Answer
    ) throws(Failure) -> Answer? {
        guard let place = places[sessionID] else { return nil }
        return try Self.change(&blocks[Int(place) / Self.blockSize][Int(place) % Self.blockSize], body)
    }

    private static func change<Answer, Failure: Error>(
        _ session: inout Session?, _ body: (inout Session) throws(Failure) -> Answer
    ) throws(Failure) -> Answer? {
        // Moved out and back: no reference is counted.
        guard var taken = session.take() else { return nil }
        defer { session = taken }
        return try body(&taken)
    }

    mutating func removeValue(forKey sessionID: SessionID) -> Session? {
        let session = self[sessionID]
        self[sessionID] = nil
        return session
    }

    /// For as many as are about to come.
    mutating func reserveCapacity(_ count: Int) {
        places.reserveCapacity(count)
        blocks.reserveCapacity((count + Self.blockSize - 1) / Self.blockSize)
    }

    private subscript(place: Int32) -> Session? {
        get { blocks[Int(place) / Self.blockSize][Int(place) % Self.blockSize] }
        set { blocks[Int(place) / Self.blockSize][Int(place) % Self.blockSize] = newValue }
    }

    private mutating func takePlace() -> Int32 {
        if let place = free.popLast() { return place }
        let first = Int32(blocks.count * Self.blockSize)
        blocks.append(Array(repeating: nil, count: Self.blockSize))
        free.append(contentsOf: (1..<Int32(Self.blockSize)).reversed().map { first + $0 })
        return first
    }
}
