"""session.get_or_create with a warm pool, beside a cold start."""

import time

from harness.daemon import Daemon

from .report import percentile

BACKENDS = ("local", "kubernetes")


def opened(control, name):
    """Seconds until the session is ready, and the session."""
    began = time.perf_counter()
    session = control.call("session.get_or_create", session_id=name)
    return time.perf_counter() - began, session


def run(options, report):
    """Claims as fast as they are answered, a pool's worth at a time; then the same number of cold starts."""
    size = 10
    daemon = Daemon(options.daemon, options.backend, profile=f"pool: {{size: {size}, max_starting: 4}}")
    warm, cold = [], []
    try:
        daemon.start()
        with daemon.connect() as control:
            while len(warm) < options.samples:
                while control.call("pool.status")["pools"][0]["ready"] < size:
                    time.sleep(0.05)
                for _ in range(min(size, options.samples - len(warm))):
                    name = f"warm-{len(warm)}"
                    seconds, session = opened(control, name)
                    assert "pool" in session["sandbox"]["name"], f"{name} is no claim"
                    warm.append(seconds)
                for number in range(len(warm) - size, len(warm)):
                    control.call("session.release", session_id=f"warm-{number}", wait=False)
        daemon.kill()
        daemon.configure()
        daemon.start()
        with daemon.connect() as control:
            while control.call("daemon.status")["pending_deletions"]:
                time.sleep(0.05)
            for number in range(options.samples):
                cold.append(opened(control, f"cold-{number}")[0])
                control.call("session.release", session_id=f"cold-{number}")
    finally:
        daemon.remove()
    p50 = report.times("warm claim", warm)
    report.number("cold start / warm claim, medians", report.times("cold start", cold) / p50, "times")
    report.goal("warm claim, p50", p50 * 1000, at_most=5, unit="ms")
    report.goal("warm claim, p99", percentile(warm, 0.99) * 1000, at_most=20, unit="ms")
