/// All samples of one metric, as Prometheus has it: one name, one meaning, any number of label values.
package struct MetricFamily: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable { case counter, gauge, histogram }

    package struct Sample: Hashable, Sendable {
        /// Appended to the family's name: empty, or `_bucket`, `_sum`, `_count`.
        package var suffix: String
        package var labels: [Label]
        package var value: Double

        package init(suffix: String = "", labels: [Label] = [], value: Double) {
            self.suffix = suffix
            self.labels = labels
            self.value = value
        }
    }

    package struct Label: Hashable, Sendable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package var name: String
    package var kind: Kind
    /// One sentence; says the unit where there is one.
    package var help: String
    package var samples: [Sample]

    package init(_ name: String, _ kind: Kind, _ help: String, samples: [Sample]) {
        self.name = name
        self.kind = kind
        self.help = help
        self.samples = samples
    }

    /// A family of one sample without labels.
    package init(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
        self.init(name, kind, help, samples: [Sample(value: value)])
    }

    /// A family with a sample for each value of one label, in the values' order.
    package init(_ name: String, _ kind: Kind, _ help: String, by label: String, _ values: [String: Int]) {
        self.init(
            name, kind, help,
            samples: values.sorted { $0.key < $1.key }.map {
                Sample(labels: [Label(label, $0.key)], value: Double($0.value))
            })
    }
}
