/// How far a walk has come in a pattern: the positions at which it may be, for each alternative.
package struct GlobPosition: Hashable, Sendable {
    struct Place: Hashable, Sendable {
        var alternative: Int
        /// The part to match next; the number of parts when all have matched.
        var part: Int
    }

    var places: [Place]
}

extension GlobPattern {
    /// Where a walk from `root` starts. `root` is absolute, without `.` and empty components.
    package func start(root: [UInt8]) -> GlobPosition {
        let first = alternatives.indices.map { GlobPosition.Place(alternative: $0, part: 0) }
        var absolute = closed(first.filter { alternatives[$0.alternative].isAbsolute })
        for name in root.split(separator: UInt8(ascii: "/")) { absolute = advance(absolute, name: Array(name)) }
        let relative = closed(first.filter { !alternatives[$0.alternative].isAbsolute })
        return GlobPosition(places: relative.places + absolute.places)
    }

    /// The position after one more component.
    package func advance(_ position: GlobPosition, name: [UInt8]) -> GlobPosition {
        let units = UTF8Units.decode(name)
        var next: [GlobPosition.Place] = []
        for place in position.places {
            let parts = alternatives[place.alternative].parts
            guard place.part < parts.count else { continue }
            switch parts[place.part] {
            case .directories: next.append(place)
            case .name(let segment):
                guard segment.matches(units) else { continue }
                next.append(GlobPosition.Place(alternative: place.alternative, part: place.part + 1))
            }
        }
        return closed(next)
    }

    /// The path so far matches as a whole.
    package func isMatch(_ position: GlobPosition) -> Bool {
        position.places.contains { place in
            let count = alternatives[place.alternative].parts.count
            return count > 0 && place.part == count
        }
    }

    /// Something below this directory may match.
    package func canContinue(_ position: GlobPosition) -> Bool {
        position.places.contains { $0.part < alternatives[$0.alternative].parts.count }
    }

    /// Adds what `**` as zero directories leads to; every place once.
    private func closed(_ places: [GlobPosition.Place]) -> GlobPosition {
        var all: [GlobPosition.Place] = []
        var seen: Set<GlobPosition.Place> = []
        for place in places {
            let parts = alternatives[place.alternative].parts
            if seen.insert(place).inserted { all.append(place) }
            guard place.part < parts.count, parts[place.part] == .directories else { continue }
            // `**` is never last and never followed by another one.
            let after = GlobPosition.Place(alternative: place.alternative, part: place.part + 1)
            if seen.insert(after).inserted { all.append(after) }
        }
        return GlobPosition(places: all)
    }
}
