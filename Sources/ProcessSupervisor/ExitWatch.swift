import CPodkeeper
import Glibc

/// Waits for a child's end without reaping it.
struct ExitWatch {
    let pid: pid_t
    /// Nil on kernels without pidfds (before Linux 5.3, gVisor).
    let descriptor: Int32?

    func wait(_ poller: Poller) async {
        guard let descriptor else { return await poll() }
        let watch = poller.watch(descriptor, for: PK_EPOLLIN)
        defer { watch.end() }
        var ended = pk_exit()
        // -EINVAL: a kernel that opens pidfds but cannot wait on them (5.3).
        while true {
            let outcome = pk_pidfd_wait(descriptor, false, false, &ended)
            if outcome < 0 { return await poll() }
            if outcome > 0 { return }
            await watch.ready()
        }
    }

    private func poll() async {
        var pause = Duration.milliseconds(1)
        while true {
            var info = siginfo_t()
            // WNOWAIT leaves the zombie for swift-subprocess to reap. Zero si_signo: nothing to report (waitid(2)).
            let outcome = waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT)
            if outcome == 0, info.si_signo != 0 { return }
            if outcome != 0, errno != EINTR { return }
            do { try await Task.sleep(for: pause) } catch { return }
            pause = min(pause * 2, .milliseconds(50))
        }
    }
}
