import Synchronization

/// Counts observations in buckets, apart for each value of one label.
///
/// The label's values must be from a small, fixed set: each is kept for as long as the process lives.
package final class Histogram: Sendable {
    private struct Series {
        /// Per bucket, not cumulative; the last one is for what no bound holds.
        var counts: [Int]
        var sum = 0.0
    }

    private let name: String
    private let help: String
    private let label: String
    private let bounds: [Double]
    private let series = Mutex<[String: Series]>([:])

    /// `bounds`: inclusive upper bounds, ascending, without infinity.
    package init(_ name: String, _ help: String, by label: String, bounds: [Double]) {
        self.name = name
        self.help = help
        self.label = label
        self.bounds = bounds
    }

    package func observe(_ value: Double, _ labelValue: String) {
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        series.withLock { series in
            var one = series[labelValue] ?? Series(counts: Array(repeating: 0, count: bounds.count + 1))
            one.counts[bucket] += 1
            one.sum += value
            series[labelValue] = one
        }
    }

    package var family: MetricFamily {
        let now = series.withLock { $0 }
        let samples = now.sorted { $0.key < $1.key }.flatMap { value, one -> [MetricFamily.Sample] in
            let own = MetricFamily.Label(label, value)
            var total = 0
            var samples: [MetricFamily.Sample] = []
            for (index, count) in one.counts.enumerated() {
                total += count
                let bound = index < bounds.count ? bounds[index] : .infinity
                samples.append(
                    .init(
                        suffix: "_bucket", labels: [own, .init("le", PrometheusText.number(bound))],
                        value: Double(total)))
            }
            samples.append(.init(suffix: "_sum", labels: [own], value: one.sum))
            samples.append(.init(suffix: "_count", labels: [own], value: Double(total)))
            return samples
        }
        return MetricFamily(name, .histogram, help, samples: samples)
    }
}
