"""session.get_or_create of a live session, beside echoes of the same bytes by C programs."""

import array
import contextlib
import json
import os
import pathlib
import resource
import socket
import statistics
import subprocess
import tempfile
import time

from harness.daemon import Daemon

BACKENDS = ("local",)
HERE = pathlib.Path(__file__).resolve().parent
QUESTION = {"jsonrpc": "2.0", "id": 1, "method": "session.get_or_create", "params": {"session_id": "user-42"}}
CLIENTS = 32
IDLE = 9000
TURNS = 15
REQUESTS = 10_000


class Server:
    """Something that answers lines on a Unix socket, and what its answers cost. Of many short turns the median counts, of
    each number. Not the best: where the two sides of a connection happen to share a processor, an echo answers in a third
    of the time that a wake-up of the other processor takes, and does so in one turn of ten."""

    def __init__(self, what, process, path):
        self.what = what
        self._process = process
        self._path = path
        self._turns = []

    def measure(self, load, connections):
        requests = REQUESTS if connections == 1 else 3 * REQUESTS
        before = self._processor_time()
        output = subprocess.run(
            [load, self._path, str(connections), str(requests)], input=json.dumps(QUESTION).encode() + b"\n",
            stdout=subprocess.PIPE, check=True).stdout
        cost = (self._processor_time() - before) / requests
        samples = sorted(array.array("I", output[8:]))
        rate = len(samples) / int.from_bytes(output[:8], "little") * 1e9
        self._turns.append((samples[len(samples) // 2], samples[len(samples) * 99 // 100], rate, cost))

    def _processor_time(self):
        """Nanoseconds that its threads have run (proc(5), /proc/PID/task/TID/schedstat)."""
        tasks = pathlib.Path(f"/proc/{self._process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks)

    def _median(self, index):
        return statistics.median(turn[index] for turn in self._turns)

    @property
    def p50(self):
        return self._median(0) / 1000

    @property
    def rate(self):
        return self._median(2)

    def tell(self, report):
        report.number(f"{self.what}, p50", round(self.p50, 1), "µs")
        report.number(f"{self.what}, p99", round(self._median(1) / 1000, 1), "µs")
        report.number(f"{self.what}, rate", round(self.rate), "a second")
        report.number(f"{self.what}, processor time each", round(self._median(3) / 1000, 2), "µs")


@contextlib.contextmanager
def before_others():
    """Puts this session before other programs on the processors, where that is allowed (sched(7), the autogroup
    feature). A busy machine takes time from the daemon, but none from an echo that needs half a processor."""
    with contextlib.suppress(OSError):
        os.setsid()
    group = pathlib.Path("/proc/self/autogroup")
    with contextlib.suppress(OSError):
        group.write_text("-20")
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            group.write_text("0")


def compile_program(directory, name, *options):
    program = directory / name
    subprocess.run(["clang", "-O2", *options, "-o", program, HERE / f"{name}.c"], check=True)
    return program


def start_echo(program, kind, path):
    process = subprocess.Popen([program, kind, path])
    while not path.exists():
        if process.poll() is not None:
            raise RuntimeError("rpc-echo did not start")
        time.sleep(0.01)
    return process


def open_idle(path):
    connections = []
    for _ in range(IDLE):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(path)
        connections.append(connection)
    return connections


def allocations(program, counter, directory, requests=20_000):
    """What one request takes from the heap, of a daemon of its own: counting slows it down."""
    count = directory / "allocations"
    daemon = Daemon(program, "local")
    daemon.environment = {"LD_PRELOAD": str(counter), "PODKEEPER_ALLOCATION_COUNT": str(count)}

    def ask(control, times):
        for _ in range(times):
            control.call(QUESTION["method"], **QUESTION["params"])
        return int.from_bytes(count.read_bytes(), "little")

    try:
        daemon.start()
        with daemon.connect() as control:
            before = ask(control, 100)
            return (ask(control, requests) - before) / requests
    finally:
        daemon.remove()


def run(options, report):
    with before_others():
        measure(options, report)


def measure(options, report):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    daemon, echoes = Daemon(options.daemon, "local"), []
    with tempfile.TemporaryDirectory(prefix="pk-", dir="/tmp") as name:
        directory = pathlib.Path(name)
        load = compile_program(directory, "rpc-load")
        echo = compile_program(directory, "rpc-echo")
        counter = compile_program(directory, "count-allocations", "-shared", "-fPIC")
        try:
            daemon.start()
            with daemon.connect() as control:
                control.call(QUESTION["method"], **QUESTION["params"])
            for kind in ("blocking", "epoll"):
                echoes.append(start_echo(echo, kind, directory / kind))
            one_echo = Server("echo, 1 client", echoes[0], directory / "blocking")
            one = Server("podkeeperd, 1 client", daemon.process, daemon.socket)
            many_echo = Server(f"epoll echo, {CLIENTS} clients", echoes[1], directory / "epoll")
            many = Server(f"podkeeperd, {CLIENTS} clients", daemon.process, daemon.socket)
            beside = Server(f"podkeeperd, {CLIENTS} clients beside {IDLE} idle ones", daemon.process, daemon.socket)
            for _ in range(TURNS):
                one_echo.measure(load, 1)
                one.measure(load, 1)
                many_echo.measure(load, CLIENTS)
                many.measure(load, CLIENTS)
                idle = open_idle(daemon.socket)
                beside.measure(load, CLIENTS)
                for connection in idle:
                    connection.close()
        finally:
            for process in echoes:
                process.kill()
                process.wait()
            daemon.remove()
        heap = allocations(options.daemon, counter, directory)
    for server in (one_echo, one, many_echo, many, beside):
        server.tell(report)
    report.number("allocations of one request", round(heap, 1), "")
    report.goal("1 client, median / echo's", one.p50 / one_echo.p50, at_most=2.0)
    report.goal(f"{CLIENTS} clients, rate / epoll echo's", many.rate / many_echo.rate, at_least=0.5)
    report.goal(f"{IDLE} idle connections beside them, rate / without", beside.rate / many.rate, at_least=0.9)
