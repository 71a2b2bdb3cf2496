import Synchronization

/// Counts events by the values of two labels, which must be from small, fixed sets: each pair is kept for as long as the
/// process lives.
package final class PairCounter: Sendable {
    /// The count of one pair.
    package final class Cell: Sendable {
        private let value = Atomic(0)

        package func count() { value.add(1, ordering: .relaxed) }

        fileprivate var current: Int { value.load(ordering: .relaxed) }
    }

    private let name: String
    private let help: String
    private let labels: (String, String)
    // Two levels, so that counting what was counted before allocates nothing.
    private let cells = Mutex<[String: [String: Cell]]>([:])

    package init(_ name: String, _ help: String, by labels: (String, String)) {
        self.name = name
        self.help = help
        self.labels = labels
    }

    package func count(_ first: String, _ second: String) { cell(first, second).count() }

    /// For who counts the same pair again and again. From now on the pair is shown, if only with 0.
    package func cell(_ first: String, _ second: String) -> Cell {
        cells.withLock { cells in
            if let cell = cells[first]?[second] { return cell }
            let cell = Cell()
            cells[first, default: [:]][second] = cell
            return cell
        }
    }

    package var family: MetricFamily {
        let now = cells.withLock { $0 }
        let samples = now.sorted { $0.key < $1.key }.flatMap { first, rest in
            rest.sorted { $0.key < $1.key }.map { second, cell in
                MetricFamily.Sample(
                    labels: [.init(labels.0, first), .init(labels.1, second)], value: Double(cell.current))
            }
        }
        return MetricFamily(name, .counter, help, samples: samples)
    }
}
