import Metrics
import Testing

@Suite
struct PrometheusTextTests {
    @Test func aFamilyIsWrittenAsTheFormatSays() {
        let family = MetricFamily(
            "pk_things", .gauge, "Things\\ of\nany \"kind\".",
            samples: [
                .init(labels: [.init("name", "a\"b\\c\nd"), .init("state", "ready")], value: 3),
                .init(value: 0.25), .init(value: .infinity), .init(value: -.infinity), .init(value: .nan),
                .init(value: 1e300),
            ])
        #expect(
            PrometheusText.render([family, MetricFamily("pk_none", .counter, "Nothing.", samples: [])]) == #"""
                # HELP pk_things Things\\ of\nany "kind".
                # TYPE pk_things gauge
                pk_things{name="a\"b\\c\nd",state="ready"} 3
                pk_things 0.25
                pk_things +Inf
                pk_things -Inf
                pk_things NaN
                pk_things 1e+300
                # HELP pk_none Nothing.
                # TYPE pk_none counter

                """#)
    }

    @Test func bucketsAreCumulativeAndTheirBoundsInclusive() {
        let histogram = Histogram("pk_seconds", "Seconds.", by: "phase", bounds: [0.1, 1])
        for value in [0.1, 0.5, 1, 7] { histogram.observe(value, "pull") }
        histogram.observe(0.05, "create")
        #expect(
            PrometheusText.render([histogram.family]) == """
                # HELP pk_seconds Seconds.
                # TYPE pk_seconds histogram
                pk_seconds_bucket{phase="create",le="0.1"} 1
                pk_seconds_bucket{phase="create",le="1"} 1
                pk_seconds_bucket{phase="create",le="+Inf"} 1
                pk_seconds_sum{phase="create"} 0.05
                pk_seconds_count{phase="create"} 1
                pk_seconds_bucket{phase="pull",le="0.1"} 1
                pk_seconds_bucket{phase="pull",le="1"} 3
                pk_seconds_bucket{phase="pull",le="+Inf"} 4
                pk_seconds_sum{phase="pull"} 8.6
                pk_seconds_count{phase="pull"} 4

                """)
    }

    @Test func pairsAreCountedApartAlsoFromManyTasks() async {
        let counter = PairCounter("pk_calls_total", "Calls.", by: ("method", "code"))
        let cell = counter.cell("a", "ok")
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<500 { counter.count("a", "ok") }
                    for _ in 0..<500 { cell.count() }
                    counter.count("a", "-1")
                }
            }
        }
        #expect(
            counter.family.samples == [
                .init(labels: [.init("method", "a"), .init("code", "-1")], value: 8),
                .init(labels: [.init("method", "a"), .init("code", "ok")], value: 8000),
            ])
    }
}
