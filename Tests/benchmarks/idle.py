"""how often an idle daemon wakes up in a minute, with a session and connections that nobody uses."""

import pathlib
import socket
import time

from harness.daemon import Daemon

BACKENDS = ("local",)
SECONDS = 60


def wakeups(process):
    """How often a thread of it has gone to sleep, which is as often as one woke up (proc(5), /proc/PID/status)."""
    total = 0
    for status in pathlib.Path(f"/proc/{process.pid}/task").glob("*/status"):
        total += int(status.read_text().split("\nvoluntary_ctxt_switches:")[1].split()[0])
    return total


def run(options, report):
    daemon = Daemon(options.daemon, "local")
    try:
        daemon.start()
        with daemon.connect() as control:
            control.call("session.get_or_create", session_id="idle")
            idle = [socket.socket(socket.AF_UNIX) for _ in range(100)]
            for connection in idle:
                connection.connect(daemon.socket)
            # What is due after a start and after a use is done by then.
            time.sleep(15)
            before = wakeups(daemon.process)
            time.sleep(SECONDS)
            count = wakeups(daemon.process) - before
            for connection in idle:
                connection.close()
    finally:
        daemon.remove()
    # libdispatch, which runs Swift's tasks on Linux, looks at its threads once a second (its workqueue.c).
    report.goal(f"wake-ups in {SECONDS} s, the {SECONDS} of the runtime's own tick included", count, at_most=SECONDS + 2)
