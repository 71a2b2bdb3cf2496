"""what a request and a session cost, in numbers that no machine changes; over 110 % of counts.json fails."""

import contextlib
import json
import pathlib
import re
import subprocess
import tempfile
import time

from harness.daemon import Daemon

from .requests import COUNT, per_session, served, spend
from .rpc import QUESTION, allocations, compile_program
from .scale import Simulated

BACKENDS = ("local",)
RECORDED = pathlib.Path(__file__).with_suffix(".json")


def run(options, report):
    recorded = json.loads(RECORDED.read_text())
    for what, value in counted(options):
        report.gate(what, value, recorded=recorded[what])


def counted(options):
    with tempfile.TemporaryDirectory(prefix="pk-", dir="/tmp") as name:
        directory = pathlib.Path(name)
        counter = compile_program(directory, "count-allocations", "-shared", "-fPIC")
        yield "allocations of a request", allocations(options.daemon, counter, directory)
        yield "system calls of a request", system_calls(options.daemon, directory)
        yield "instructions of a request", instructions(options.daemon, directory)
    asked, written, taken_up = session(options.daemon)
    yield "requests to the API server for a session", asked
    yield "bytes written for a session", written
    yield "requests to the API server for a session after a restart", taken_up


@contextlib.contextmanager
def asked(daemon):
    """Gives what asks a running daemon for its one session so many times."""
    with daemon.connect() as control:
        def ask(times):
            for _ in range(times):
                control.call(QUESTION["method"], **QUESTION["params"])
        ask(100)
        yield ask


def system_calls(program, directory, requests=10_000):
    daemon, summary = Daemon(program, "local"), directory / "strace"
    try:
        daemon.start()
        with asked(daemon) as ask:
            strace = subprocess.Popen(
                ["strace", "-f", "-c", "-o", summary, "-p", str(daemon.process.pid)], stderr=subprocess.PIPE, text=True)
            # "Process N attached", once for all threads.
            assert "attached" in strace.stderr.readline()
            ask(requests)
            strace.terminate()
            strace.communicate()
    finally:
        daemon.remove()
    return int(re.search(r"^100\.00\s+\S+\s+\S+\s+(\d+).*total$", summary.read_text(), re.MULTILINE)[1]) / requests


def instructions(program, directory, requests=5_000):
    """The difference between two lives of a daemon under callgrind that differ by the requests alone."""
    # Valgrind gives up on newer forms of debug information.
    stripped, totals = directory / "podkeeperd", []
    subprocess.run(["strip", "--strip-debug", "-o", stripped, program], check=True)
    for times in (0, requests):
        out = directory / f"callgrind-{times}"
        # The local backend watches processes by pidfd, which Valgrind does not know.
        daemon = Daemon(stripped, Simulated)
        daemon.wrapper = ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={out}"]
        try:
            daemon.start()
            with asked(daemon) as ask:
                ask(times)
            daemon.stop()
        finally:
            daemon.remove()
        totals.append(int(re.search(r"^(?:summary|totals): (\d+)", out.read_text(), re.MULTILINE)[1]))
    return (totals[1] - totals[0]) / requests


def session(program):
    """API requests, the shared watch aside, and bytes given to write(2) and its kin, for one session of the Kubernetes
    backend from its start to its release; and what each that lives costs the API server when the daemon is killed and
    started again, the one list and watch aside: those few are asked for that are taken up before the watch has begun."""
    with served(program) as daemon:
        with daemon.connect() as control:
            spent, written = spend(daemon, control)
            for number in range(COUNT):
                control.call("session.get_or_create", session_id=f"kept-{number:02}")
        daemon.kill()
        requests = daemon.backend.server.requests
        before = requests.copy()
        daemon.start()
        with daemon.connect() as control:
            # It says of each what it waits for.
            while any(session["message"] for session in control.call("session.list")["sessions"]):
                time.sleep(0.05)
        after = requests - before
    return per_session(spent), written / COUNT, after["get"] / COUNT
