import Logging
package import SandboxCore
import Synchronization

extension SessionManager {
    /// Runs everything that takes time, until it is cancelled or `shutdown` is called: first it makes store and
    /// backend agree, then it starts, reaps and deletes. Sandboxes are kept. To be called once.
    package func run() async throws(SandboxError) {
        let isFirst = transact { state, _ in
            defer { state.isRunning = true }
            return !state.isRunning
        }
        guard isFirst else { throw SandboxError(.internal, "the session manager runs already") }
        await withDiscardingTaskGroup { group in
            group.addTask { await self.runProvider() }
            group.addTask { await self.followEvents() }
            wakeUp.yield()
            for await _ in wake {
                for work in takeWork() { group.addTask { await self.perform(work) } }
            }
            group.cancelAll()
        }
        await finishRunning()
    }

    /// Refuses new sessions from now on, ends them all when told to, and lets `run()` return.
    ///
    /// Sessions that are kept go on without a daemon; the next one takes them up. With `releasing` it returns when
    /// every sandbox is gone or the first try to delete it failed; the next daemon goes on with the rest.
    package func shutdown(releasing: Bool) async {
        let waiters = transact { state, now in
            state.machine.beginEnding()
            guard state.isRunning, !state.hasEnded else { return [WaiterID]() }
            return state.machine.releaseAll(detail: "podkeeperd was stopped", sessions: releasing, now: now)
        }
        for waiter in waiters { _ = await outcome(of: waiter) }
        wakeUp.finish()
    }

    private func takeWork() -> [Work] {
        state.withLock { state in
            defer { state.work.removeAll() }
            return state.work
        }
    }

    private func runProvider() async {
        var failures = 0
        while !Task.isCancelled {
            do {
                try await provider.run()
                return
            } catch {
                guard !Task.isCancelled else { return }
                failures += 1
                logger.error("the backend's own work failed; it is begun again", metadata: ["error": "\(error)"])
                let delay = SessionTiming.providerRetry.delay(afterFailures: failures)
                try? await timeline.sleep(until: timeline.now.instant.advanced(by: delay))
            }
        }
    }

    private func followEvents() async {
        for await event in provider.events {
            transact { state, now in
                switch event {
                case .gone(let name, let uid, let reason, let detail):
                    state.machine.sandboxGone(name: name, uid: uid, reason, detail: detail, now: now)
                case .appeared(let found): state.machine.sandboxAppeared(found)
                case .resync: state.machine.resync()
                }
            }
        }
    }

    /// Nothing runs any more. What is not on record yet is written down, which kill -9 would have lost.
    private func finishRunning() async {
        let stamps = transact { state, now in
            state.machine.beginEnding()
            state.hasEnded = true
            state.machine.abandonWaiters(now: now)
            return state.machine.finalStamps()
        }
        signals.finish()
        do throws(SandboxError) {
            try await store.settle(stamps, checkpoint: timeline.checkpoint)
        } catch {
            logger.warning(
                "the last activities could not be written down; idle clocks start anew with the next daemon",
                metadata: ["error": "\(error)"])
        }
    }
}
