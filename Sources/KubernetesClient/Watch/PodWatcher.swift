package import Logging
import Synchronization

/// A cache of one namespace's pods with certain labels, kept true by list and watch.
///
/// Whoever makes one calls `run()` and cancels it in the end; without it nothing arrives.
package final class PodWatcher: Sendable {
    private enum Signal: Sendable {
        case observation(PodObservation)
        /// A complete list did not hold the pod: it was never seen here, or went unseen.
        case absentFromList
    }

    private struct Waiter {
        var name: String
        var uid: String
        var signals: AsyncStream<Signal>.Continuation
    }

    private struct State {
        var cache = PodCache()
        var hasStarted = false
        var hasSynced = false
        var hasStopped = false
        /// Who waits for the first list.
        var syncWaiters: [Int: AsyncStream<Void>.Continuation] = [:]
        var waiters: [Int: Waiter] = [:]
        var nextWaiter = 0
        var restarts = 0
    }

    private let client: KubernetesClient
    private let namespace: String
    private let labelSelector: String
    private let logger: Logger
    private let buffer = PodEventBuffer()
    private let state = Mutex(State())

    package init(client: KubernetesClient, namespace: String, labelSelector: String, logger: Logger) {
        self.client = client
        self.namespace = namespace
        self.labelSelector = labelSelector
        self.logger = logger
    }

    /// What happens from now on, for one consumer. At most 1024 events wait; more become one `resync`. Ends with
    /// `run()`.
    package var events: AsyncStream<PodEvent> {
        let buffer = buffer
        return AsyncStream { await buffer.next() }
    }

    /// Whether a list has been taken in; before that the cache is empty because nobody has looked.
    package var hasSynced: Bool { state.withLock { $0.hasSynced } }

    /// The last state seen; nil says nothing while `hasSynced` is false.
    package func pod(named name: String) -> Pod? { state.withLock { $0.cache[name] } }

    /// Returns when the first list has been taken in, at the deadline, when cancelled, or at once where nothing runs that
    /// could list.
    package func waitForSync(until deadline: ContinuousClock.Instant) async {
        let (synced, continuation) = AsyncStream.makeStream(of: Void.self)
        let waiter = state.withLock { state -> Int? in
            guard state.hasStarted, !state.hasSynced, !state.hasStopped else { return nil }
            defer { state.nextWaiter &+= 1 }
            state.syncWaiters[state.nextWaiter] = continuation
            return state.nextWaiter
        }
        guard let waiter else { return }
        defer { state.withLock { _ = $0.syncWaiters.removeValue(forKey: waiter) } }
        // Ends the stream below at the deadline; leaving this scope cancels it.
        async let _: Void = Self.finish(continuation, at: deadline)
        for await _ in synced {}
    }

    /// How often a watch broke off, other than at its planned end, and had to be resumed.
    package var restarts: Int { state.withLock { $0.restarts } }

    var waiterCount: Int { state.withLock { $0.waiters.count } }

    package var pods: [Pod] { state.withLock { $0.cache.pods } }

    /// Of all pods in the cache.
    package var uids: Set<String> { state.withLock { $0.cache.uids } }

    /// Waits until `verdict` gives a result for the pod of this UID. It sees the present state at once, if there is
    /// one, and then every state that arrives (when 64 wait unseen, the oldest are dropped).
    ///
    /// `verdict`: nil to wait on; what it throws ends the wait.
    ///
    /// Throws `timeout` at the deadline, `cancelled`, `transport` when `run()` has ended.
    package func wait<Result: Sendable>(
        for name: String, uid: String, until deadline: ContinuousClock.Instant,
        _ verdict: (PodObservation) throws(KubernetesError) -> Result?
    ) async throws(KubernetesError) -> Result {
        let (signals, continuation) = AsyncStream.makeStream(of: Signal.self, bufferingPolicy: .bufferingNewest(64))
        let waiter = register(Waiter(name: name, uid: uid, signals: continuation))
        defer { state.withLock { _ = $0.waiters.removeValue(forKey: waiter) } }
        // Ends the stream below at the deadline; leaving this scope cancels it.
        async let _: Void = Self.finish(continuation, at: deadline)
        for await signal in signals {
            switch signal {
            case .observation(let observation):
                if let result = try verdict(observation) { return result }
            case .absentFromList:
                guard try await isGone(name: name, uid: uid) else { continue }
                if let result = try verdict(.gone(nil)) { return result }
            }
        }
        guard !Task.isCancelled else { throw .cancelled("wait for pod \(namespace)/\(name)") }
        guard !state.withLock({ $0.hasStopped }) else {
            throw KubernetesError(.transport, "wait for pod \(namespace)/\(name): the watch has ended")
        }
        throw KubernetesError(.timeout, "wait for pod \(namespace)/\(name): the deadline has passed")
    }

    /// Lists and watches until cancelled.
    ///
    /// - Throws: `CancellationError`, nothing else: every failure is retried with backoff.
    package func run() async throws {
        state.withLock { $0.hasStarted = true }
        defer { stop() }
        var machine = WatchStateMachine()
        var generator = SystemRandomNumberGenerator()
        var step = machine.first
        while true {
            if step.delay > .zero { try await Task.sleep(for: step.delay) }
            let wasPolling = machine.isPolling
            switch step.action {
            case .list(let version):
                step = try await list(version, &machine, &generator)
            case .watch(let version):
                step = try await watch(version, &machine, &generator)
            }
            if machine.isPolling, !wasPolling {
                logger.warning(
                    "watching pods is forbidden, polling instead; grant the verb watch on pods",
                    metadata: ["namespace": "\(namespace)"])
            }
        }
    }

    private func list(
        _ version: String, _ machine: inout WatchStateMachine, _ generator: inout SystemRandomNumberGenerator
    ) async throws -> WatchStateMachine.Step {
        do throws(KubernetesError) {
            var names: Set<String> = []
            let listed = try await client.listPods(
                namespace: namespace, labelSelector: labelSelector, resourceVersion: version
            ) { pods, isFirst in
                if isFirst { names = [] }
                names.formUnion(pods.lazy.map(\.name))
                take(pods)
            }
            endList(names, announcesResync: !machine.isPolling)
            return machine.listed(resourceVersion: listed, using: &generator)
        } catch {
            try Task.checkCancellation()
            logger.warning("listing pods failed, trying again", metadata: ["error": "\(error.message)"])
            return machine.listFailed(error, using: &generator)
        }
    }

    private func watch(
        _ version: String, _ machine: inout WatchStateMachine, _ generator: inout SystemRandomNumberGenerator
    ) async throws -> WatchStateMachine.Step {
        let start = ContinuousClock.now
        var events = 0
        var failure: KubernetesError?
        do throws(KubernetesError) {
            try await client.watchPods(
                namespace: namespace, labelSelector: labelSelector, resourceVersion: version,
                // Random, so that the watches of many clients do not end together (client-go: 5 to 10 minutes).
                duration: .seconds(Int.random(in: 300...600, using: &generator))
            ) { event in
                events += 1
                machine.observed(resourceVersion: event.resourceVersion)
                take(event)
            }
        } catch {
            try Task.checkCancellation()
            failure = error
            state.withLock { $0.restarts += 1 }
            logger.info("the watch broke off, resuming", metadata: ["error": "\(error.message)"])
        }
        return machine.watchEnded(
            failure, lasted: start.duration(to: .now), events: events, using: &generator)
    }

    private func take(_ event: WatchEvent) {
        let events = state.withLock { state in
            let events = state.cache.apply(event)
            tell(&state, events)
            return events
        }
        buffer.append(events)
    }

    private func take(_ page: [Pod]) {
        let events = state.withLock { state in
            let events = state.cache.take(page)
            tell(&state, events)
            return events
        }
        buffer.append(events)
    }

    private func endList(_ names: Set<String>, announcesResync: Bool) {
        let (events, waiters) = state.withLock { state in
            let events = state.cache.removeAll(but: names)
            tell(&state, events)
            for waiter in state.waiters.values where state.cache.observation(name: waiter.name, uid: waiter.uid) == nil
            {
                waiter.signals.yield(.absentFromList)
            }
            let isFirst = !state.hasSynced
            state.hasSynced = true
            defer { state.syncWaiters = [:] }
            return (announcesResync || isFirst ? events + [.resync] : events, state.syncWaiters)
        }
        buffer.append(events)
        for waiter in waiters.values { waiter.finish() }
    }

    /// Wakes those who wait for the pods concerned. Yielding only enqueues: no code of theirs runs under the lock.
    private func tell(_ state: inout State, _ events: [PodEvent]) {
        guard !state.waiters.isEmpty else { return }
        for event in events {
            let (uid, observation): (String, PodObservation)
            switch event {
            case .modified(let pod): (uid, observation) = (pod.uid, .present(pod))
            case .deleted(let pod): (uid, observation) = (pod.uid, .gone(pod))
            case .resync: continue
            }
            for waiter in state.waiters.values where waiter.uid == uid {
                waiter.signals.yield(.observation(observation))
            }
        }
    }

    private func register(_ waiter: Waiter) -> Int {
        state.withLock { state in
            let id = state.nextWaiter
            state.nextWaiter &+= 1
            state.waiters[id] = waiter
            if let observation = state.cache.observation(name: waiter.name, uid: waiter.uid) {
                waiter.signals.yield(.observation(observation))
            }
            if state.hasStopped { waiter.signals.finish() }
            return id
        }
    }

    private func stop() {
        state.withLock { state in
            state.hasStopped = true
            for waiter in state.waiters.values { waiter.signals.finish() }
            for waiter in state.syncWaiters.values { waiter.finish() }
        }
        buffer.finish()
    }

    /// The cluster's own word, for a list may have been served from a cache that is older than the pod.
    private func isGone(name: String, uid: String) async throws(KubernetesError) -> Bool {
        do {
            return try await client.getPod(namespace: namespace, name: name).uid != uid
        } catch {
            if error.kind == .notFound { return true }
            guard error.saysNothingAboutTheObject else { throw error }
            return false
        }
    }

    private static func finish<Value>(
        _ signals: AsyncStream<Value>.Continuation, at deadline: ContinuousClock.Instant
    ) async {
        try? await Task.sleep(until: deadline, clock: .continuous)
        signals.finish()
    }
}
