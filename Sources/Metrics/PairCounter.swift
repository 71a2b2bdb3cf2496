import Synchronization

/// Counts events by the values of two labels, which must be from small, fixed sets: each pair is kept for as long as the
/// process lives.
package final class PairCounter: Sendable {
    private let name: String
    private let help: String
    private let labels: (String, String)
    // Two levels, so that counting what was counted before allocates nothing.
    private let counts = Mutex<[String: [String: Int]]>([:])

    package init(_ name: String, _ help: String, by labels: (String, String)) {
        self.name = name
        self.help = help
        self.labels = labels
    }

    package func count(_ first: String, _ second: String) {
        counts.withLock { $0[first, default: [:]][second, default: 0] += 1 }
    }

    package var family: MetricFamily {
        let now = counts.withLock { $0 }
        let samples = now.sorted { $0.key < $1.key }.flatMap { first, rest in
            rest.sorted { $0.key < $1.key }.map { second, count in
                MetricFamily.Sample(
                    labels: [.init(labels.0, first), .init(labels.1, second)], value: Double(count))
            }
        }
        return MetricFamily(name, .counter, help, samples: samples)
    }
}
