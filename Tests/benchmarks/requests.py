"""what the API server is asked for one session, from its start to its release."""

from harness.daemon import Daemon

from .scale import Simulated

BACKENDS = ("local", "kubernetes")


def run(options, report):
    count = 50
    daemon = Daemon(options.daemon, Simulated)
    try:
        daemon.start()
        with daemon.connect() as control:
            # The first one waits for the watch to come up.
            cycle(control, "first")
            requests = daemon.backend.server.requests
            before = requests.copy()
            for number in range(count):
                cycle(control, f"counted-{number}")
            spent = requests - before
    finally:
        daemon.remove()
    for kind in ("create", "get", "list", "watch", "patch", "delete"):
        report.number(f"{kind}, for {count} sessions", spent[kind], "requests")
    report.goal("requests to the API server for a session, the shared watch aside", (
        sum(spent.values()) - spent["watch"]) / count, at_most=3, unit="requests")


def cycle(control, name):
    control.call("session.get_or_create", session_id=name)
    control.call("session.release", session_id=name)
