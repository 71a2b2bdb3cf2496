/// Whether the store knows that a session is in use. Each use after a quiet time writes a new number.
enum ActivityMark: Equatable {
    /// The store has the exact last activity. → `pending`
    case settled(Int64)
    /// Being written by those who use the session. → `committed`
    case pending(Int64)
    /// The store says "in use". → `settling`
    case committed(Int64)
    /// The exact last activity is being written. → `settled`, `pending` (used again meanwhile), `committed` (failed)
    case settling(Int64)

    var number: Int64 {
        switch self {
        case .settled(let number), .pending(let number), .committed(let number), .settling(let number): number
        }
    }

    /// The number that a user of the session has to commit, if any.
    mutating func use() -> Int64? {
        switch self {
        case .committed: return nil
        case .pending(let number): return number
        case .settled(let number), .settling(let number):
            self = .pending(number + 1)
            return number + 1
        }
    }
}
