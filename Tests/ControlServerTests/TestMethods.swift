import ControlServer
import JSONRPC
import Synchronization

/// Answers with what it was given, and who gave it.
enum Echo: RPCMethod {
    static let name = "test.echo"
    struct Params: RPCParams {
        static let memberNames = ["text"]
        var text: String
    }
    struct Result: Codable, Sendable {
        var text: String
        var uid: UInt32
        var pid: Int32
    }
}

/// Runs until the test opens the named gate, or until it is cancelled.
enum Wait: RPCMethod {
    static let name = "test.wait"
    struct Params: RPCParams {
        static let memberNames = ["gate"]
        var gate: String
    }
    typealias Result = EmptyResult
}

/// As `Wait`, but answers at once: a task of the connection waits.
enum Begin: RPCMethod {
    static let name = "test.begin"
    typealias Params = Wait.Params
    typealias Result = EmptyResult
}

/// Sends that many notifications of that many bytes, then answers.
enum Flood: RPCMethod {
    static let name = "test.flood"
    struct Params: RPCParams {
        static let memberNames = ["count", "bytes"]
        var count: Int
        var bytes: Int
    }
    typealias Result = EmptyResult
}

/// Answers with that many bytes.
enum Big: RPCMethod {
    static let name = "test.big"
    struct Params: RPCParams {
        static let memberNames = ["bytes"]
        var bytes: Int
    }
    struct Result: Codable, Sendable {
        var text: String
    }
}

/// What the handlers report, for tests to wait for.
enum TestEvent: Hashable, Sendable {
    case started(String)
    case ended(String)
    case cancelled(String)
    case flooded(Int)
}

/// Handlers that the test controls from outside.
final class TestHandlers: Sendable {
    private struct State {
        var events: [TestEvent: Int] = [:]
        var watchers: [(event: TestEvent, count: Int, continuation: CheckedContinuation<Void, Never>)] = []
        var gates: [String: [Int: CheckedContinuation<Void, Never>]] = [:]
        var open: Set<String> = []
        var next = 0
    }

    private let state = Mutex(State())

    var router: RPCRouter<ControlCall> {
        var router = RPCRouter<ControlCall>()
        router.on(Echo.self) { params, call in
            Echo.Result(text: params.text, uid: call.peer.uid, pid: call.peer.pid)
        }
        // Some of its calls are answered at once, on the reactor's thread.
        router.onNow(Echo.self) { params, call in
            guard params.text.hasPrefix("now") else { return nil }
            return Echo.Result(text: params.text, uid: call.peer.uid, pid: call.peer.pid)
        }
        router.on(Wait.self) { params, _ in
            self.report(.started(params.gate))
            await self.wait(at: params.gate)
            guard !Task.isCancelled else {
                self.report(.cancelled(params.gate))
                throw CancellationError()
            }
            self.report(.ended(params.gate))
            return EmptyResult()
        }
        router.on(Begin.self) { params, call in
            try call.startTask {
                self.report(.started(params.gate))
                await self.wait(at: params.gate)
                self.report(Task.isCancelled ? .cancelled(params.gate) : .ended(params.gate))
            }
            return EmptyResult()
        }
        router.on(Flood.self) { params, call in
            let text = String(repeating: "x", count: params.bytes)
            for number in 0..<params.count {
                try await call.notify("test.data", ["text": text])
                self.report(.flooded(number))
            }
            return EmptyResult()
        }
        router.on(Big.self) { params, _ in Big.Result(text: String(repeating: "x", count: params.bytes)) }
        router.onNow(Big.self) { params, _ in Big.Result(text: String(repeating: "x", count: params.bytes)) }
        return router
    }

    /// Returns once the event was reported that many times.
    func wait(for event: TestEvent, count: Int = 1) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.events[event, default: 0] >= count { return true }
                state.watchers.append((event, count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    func count(of event: TestEvent) -> Int { state.withLock { $0.events[event, default: 0] } }

    /// Lets everybody through who waits at the gate, now and later.
    func open(_ gate: String) {
        let waiting = state.withLock { state in
            state.open.insert(gate)
            return state.gates.removeValue(forKey: gate) ?? [:]
        }
        for continuation in waiting.values { continuation.resume() }
    }

    private func report(_ event: TestEvent) {
        let ready = state.withLock { state in
            state.events[event, default: 0] += 1
            let count = state.events[event, default: 0]
            let ready = state.watchers.filter { $0.event == event && $0.count <= count }
            state.watchers.removeAll { $0.event == event && $0.count <= count }
            return ready
        }
        for watcher in ready { watcher.continuation.resume() }
    }

    private func wait(at gate: String) async {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let passes = state.withLock { state in
                    if state.open.contains(gate) || Task.isCancelled { return true }
                    state.gates[gate, default: [:]][number] = continuation
                    return false
                }
                if passes { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.gates[gate]?.removeValue(forKey: number) }?.resume()
        }
    }
}
