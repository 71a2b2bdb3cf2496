import Testing

@testable import ProcessSupervisor

@Suite("The rules of a run's end") struct RunMachineTests {
    @Test("A process that ends by itself, output and all, needs nothing")
    func plainEnd() {
        var machine = RunMachine(streams: 2)
        #expect(machine.handle(.streamEnded).isEmpty)
        #expect(machine.handle(.streamEnded).isEmpty)
        #expect(!machine.isOver)
        #expect(machine.handle(.exited) == [.stopInput])
        #expect(machine.isOver)
        #expect(machine.cause == nil)
    }

    @Test("Output that stays open gets its time, then it is closed")
    func drain() {
        var machine = RunMachine(streams: 1)
        #expect(machine.handle(.exited) == [.stopInput, .startDrain])
        #expect(machine.handle(.drainOver) == [.closeStreams])
        #expect(!machine.isOver)
        #expect(machine.handle(.streamEnded).isEmpty)
        #expect(machine.isOver)
    }

    @Test("The deadline asks, then kills, and is over only after the kill")
    func deadline() {
        var machine = RunMachine(streams: 1)
        #expect(machine.handle(.deadline) == [.terminateGroup, .startGrace])
        #expect(machine.handle(.exited) == [.stopInput, .watchGroup])
        #expect(machine.handle(.streamEnded).isEmpty)
        #expect(!machine.isOver)
        #expect(machine.handle(.graceOver) == [.killGroup, .closeStreams])
        #expect(!machine.isOver)
        #expect(machine.handle(.cleared).isEmpty)
        #expect(machine.isOver)
        #expect(machine.cause == .timedOut)
    }

    @Test("After its end a process is neither late nor killed for its children")
    func lateEvents() {
        for event in [RunMachine.Event.deadline, .request(.terminate), .request(.kill), .consumerGone] {
            var machine = RunMachine(streams: 1)
            _ = machine.handle(.exited)
            #expect(!machine.handle(event).contains { $0 == .killGroup || $0 == .terminateGroup })
            #expect(machine.cause == nil)
        }
    }

    @Test("Random events never kill twice, never signal after the end, and always come to an end")
    func randomWalks() {
        var generator = SeededGenerator(seed: 42)
        let events: [RunMachine.Event] = [
            .deadline, .overLimit, .consumerGone, .request(.terminate), .request(.kill), .graceOver, .groupGone,
            .drainOver,
        ]
        for _ in 0..<5000 {
            var machine = RunMachine(streams: 2)
            var open = 2
            var kills = 0
            var hasExited = false
            for _ in 0..<20 where !machine.isOver {
                let event: RunMachine.Event
                switch Int.random(in: 0..<4, using: &generator) {
                case 0 where open > 0:
                    open -= 1
                    event = .streamEnded
                case 1 where !hasExited:
                    hasExited = true
                    event = .exited
                default: event = events.randomElement(using: &generator) ?? .deadline
                }
                kills += machine.handle(event).filter { $0 == .killGroup }.count
            }
            #expect(kills <= 1)
            #expect(!machine.isOver || (hasExited && open == 0))
            // Whatever went before: the exit, the ends of the streams and the timers end it.
            let last =
                (hasExited ? [] : [RunMachine.Event.exited]) + [RunMachine.Event](repeating: .streamEnded, count: open)
            for event in last + (machine.isOver ? [] : [.graceOver, .cleared]) { _ = machine.handle(event) }
            #expect(machine.isOver)
        }
    }
}

/// SplitMix64: the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
