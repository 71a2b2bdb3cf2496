import ArgumentParser

/// A span of time on the command line: a finite number of seconds above 0.
struct Seconds: ExpressibleByArgument, Hashable {
    let value: Double

    init?(argument: String) {
        guard let value = Double(argument), value.isFinite, value > 0 else { return nil }
        self.value = value
    }

    var duration: Duration {
        // A day beyond a thousand years does not matter, and a larger number would not fit into a Duration.
        .seconds(min(value, 4e10))
    }
}
