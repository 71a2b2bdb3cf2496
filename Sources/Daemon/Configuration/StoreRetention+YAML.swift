import SQLiteStore

extension StoreRetention.Bound {
    init(_ section: inout YAMLSection, _ fallback: Self) throws {
        self.init(
            count: try section.integer("keep", in: 1...100_000_000) ?? fallback.count,
            age: try section.optionalDuration("keep_for", default: fallback.age))
        try section.finish()
    }
}
