"""what the API server is asked for one session, from its start to its release."""

import contextlib

from harness.daemon import Daemon

from .scale import Simulated

BACKENDS = ("local", "kubernetes")
COUNT = 50


def run(options, report):
    with served(options.daemon) as daemon, daemon.connect() as control:
        spent, _ = spend(daemon, control)
    for kind in ("create", "get", "list", "watch", "patch", "delete"):
        report.number(f"{kind}, for {COUNT} sessions", spent[kind], "requests")
    report.goal(
        "requests to the API server for a session, the shared watch aside", per_session(spent), at_most=3,
        unit="requests")


@contextlib.contextmanager
def served(program):
    """A daemon on a simulated API server."""
    daemon = Daemon(program, Simulated)
    try:
        daemon.start()
        yield daemon
    finally:
        daemon.remove()


def spend(daemon, control):
    """The API requests by their kind, and the bytes given to write(2) and its kin, for COUNT sessions from their start to
    their release."""
    # The first one waits for the watch to come up.
    cycle(control, "first")
    requests = daemon.backend.server.requests
    before, written = requests.copy(), daemon.bytes_written()
    for number in range(COUNT):
        cycle(control, f"counted-{number:02}")
    return requests - before, daemon.bytes_written() - written


def per_session(spent):
    """The shared watch aside."""
    return (spent.total() - spent["watch"]) / COUNT


def cycle(control, name):
    control.call("session.get_or_create", session_id=name)
    control.call("session.release", session_id=name)
