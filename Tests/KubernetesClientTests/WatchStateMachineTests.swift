import Testing

@testable import KubernetesClient

@Suite struct WatchStateMachineTests {
    private typealias Machine = WatchStateMachine
    private let gone = KubernetesError(.gone, "too old")

    /// Listed and watching at version 5.
    private func watching(_ generator: inout SplitMix) -> Machine {
        var machine = Machine()
        #expect(machine.first == Machine.Step(delay: .zero, action: .list(resourceVersion: "0")))
        #expect(
            machine.listed(resourceVersion: "5", using: &generator)
                == Machine.Step(delay: .zero, action: .watch(resourceVersion: "5")))
        return machine
    }

    @Test("T51 a watch that ends is resumed from the last version")
    func aWatchThatEndsIsResumedFromTheLastVersion() {
        var generator = SplitMix(seed: 1)
        var machine = watching(&generator)
        machine.observed(resourceVersion: "8")
        machine.observed(resourceVersion: "")
        let step = machine.watchEnded(nil, lasted: .seconds(300), events: 1, using: &generator)
        #expect(step == Machine.Step(delay: .zero, action: .watch(resourceVersion: "8")))
        // Quiet for the whole time is normal, too.
        let quiet = machine.watchEnded(nil, lasted: .seconds(300), events: 0, using: &generator)
        #expect(quiet == Machine.Step(delay: .zero, action: .watch(resourceVersion: "8")))
    }

    @Test("T50 an expired version means a new list") func anExpiredVersionMeansANewList() {
        var generator = SplitMix(seed: 2)
        var machine = watching(&generator)
        let first = machine.watchEnded(gone, lasted: .seconds(30), events: 3, using: &generator)
        #expect(first == Machine.Step(delay: .zero, action: .list(resourceVersion: "")))
        _ = machine.listed(resourceVersion: "9", using: &generator)
        // Again at once: no busy loop.
        let second = machine.watchEnded(gone, lasted: .milliseconds(5), events: 0, using: &generator)
        #expect(second.action == .list(resourceVersion: ""))
        #expect(second.delay >= .milliseconds(800))
    }

    @Test("T52 empty watches back off, then list") func emptyWatchesBackOffAndThenList() {
        var generator = SplitMix(seed: 3)
        var machine = watching(&generator)
        var low = Duration.milliseconds(800)
        for attempt in 1...Machine.shortWatchesBeforeList {
            let step = machine.watchEnded(nil, lasted: .milliseconds(2), events: 0, using: &generator)
            #expect(step.delay >= low)
            low *= 2
            #expect(
                step.action
                    == (attempt < Machine.shortWatchesBeforeList
                        ? .watch(resourceVersion: "5") : .list(resourceVersion: "")))
        }
    }

    @Test("T53 T54 failures back off from the same version, and health resets")
    func failuresBackOffAndHealthResets() {
        var generator = SplitMix(seed: 4)
        var machine = watching(&generator)
        let reset = KubernetesError(.transport, "reset")
        var delays: [Duration] = []
        for _ in 0..<10 {
            let step = machine.watchEnded(reset, lasted: .seconds(1), events: 0, using: &generator)
            #expect(step.action == .watch(resourceVersion: "5"))
            delays.append(step.delay)
        }
        #expect(delays[0] >= .milliseconds(800) && delays[0] <= .milliseconds(1600))
        #expect(delays[9] == .seconds(30))
        let healthy = machine.watchEnded(reset, lasted: .seconds(121), events: 0, using: &generator)
        #expect(healthy.delay <= .milliseconds(1600))
        var limited = KubernetesError(.tooManyRequests, "slow down")
        limited.retryAfter = .seconds(20)
        let asked = machine.watchEnded(limited, lasted: .zero, events: 0, using: &generator)
        #expect(asked.delay >= .seconds(20))
        #expect(asked.action == .watch(resourceVersion: "5"))
        // What nobody foresaw: list, no older than what was seen.
        let odd = machine.watchEnded(
            KubernetesError(.malformedResponse, "x"), lasted: .zero, events: 1, using: &generator)
        #expect(odd.action == .list(resourceVersion: "5"))
    }

    @Test("T54 a version too large is tried again, then dropped")
    func aListThatFailsGoesOnFromWhatWasSeen() {
        var generator = SplitMix(seed: 5)
        var machine = watching(&generator)
        var tooLarge = KubernetesError(.server, "Too large resource version")
        tooLarge.causes = [.init(reason: "ResourceVersionTooLarge", message: "", field: "")]
        #expect(machine.listFailed(tooLarge, using: &generator).action == .list(resourceVersion: "5"))
        #expect(machine.listFailed(tooLarge, using: &generator).action == .list(resourceVersion: ""))
        _ = machine.listed(resourceVersion: "7", using: &generator)
        let step = machine.listFailed(KubernetesError(.transport, "x"), using: &generator)
        #expect(step.action == .list(resourceVersion: "7"))
        #expect(step.delay >= .milliseconds(800))
        #expect(machine.listFailed(gone, using: &generator).action == .list(resourceVersion: ""))
    }

    @Test("T64 a forbidden watch leads to polling") func aForbiddenWatchLeadsToPolling() {
        var generator = SplitMix(seed: 6)
        var machine = watching(&generator)
        let forbidden = KubernetesError(.forbidden, "cannot watch")
        #expect(
            machine.watchEnded(forbidden, lasted: .zero, events: 0, using: &generator)
                == Machine.Step(delay: .zero, action: .list(resourceVersion: "")))
        #expect(machine.isPolling)
        for _ in 0..<Machine.pollsBeforeWatch {
            let step = machine.listed(resourceVersion: "6", using: &generator)
            #expect(step.action == .list(resourceVersion: ""))
            #expect(step.delay >= .seconds(1) && step.delay <= .seconds(2))
        }
        // The role may have been mended since.
        #expect(machine.listed(resourceVersion: "6", using: &generator).action == .watch(resourceVersion: "6"))
        #expect(!machine.isPolling)
    }

    @Test func aListWithoutAVersionIsNeverWatched() {
        var generator = SplitMix(seed: 7)
        var machine = Machine()
        for version in ["", "0"] {
            let step = machine.listed(resourceVersion: version, using: &generator)
            #expect(step.action == .list(resourceVersion: ""))
            #expect(step.delay >= .milliseconds(800))
        }
    }
}
