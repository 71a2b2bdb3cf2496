"""sizes of the programs, memory when idle, time to the first answer; the exec server's as well."""

import pathlib
import subprocess
import tempfile
import time
import urllib.request

from harness.daemon import Daemon, execd

BACKENDS = ("local", "kubernetes")


def run(options, report):
    for program in (pathlib.Path(options.daemon), pathlib.Path(options.daemon).with_name("podkeeper")):
        report.number(f"{program.name}, stripped", stripped(program) / 1e6, "MB")
    report.goal("podkeeper-execd, stripped", stripped(execd()) / 1e6, at_most=20, unit="MB")
    measure_daemon(options, report)
    measure_execd(report)


def stripped(program):
    with tempfile.NamedTemporaryFile() as copy:
        subprocess.run(["strip", "-o", copy.name, program], check=True)
        return pathlib.Path(copy.name).stat().st_size


def measure_daemon(options, report):
    answers = []
    for _ in range(5):
        daemon = Daemon(options.daemon, "local")
        try:
            began = time.perf_counter()
            daemon.start()
            with daemon.connect() as control:
                control.call("daemon.status")
                answers.append(time.perf_counter() - began)
            # What its start left for later has been done.
            time.sleep(2)
            memory = daemon.memory()
        finally:
            daemon.remove()
    report.times("podkeeperd: first answer after its start", answers)
    report.goal("podkeeperd: memory when idle", memory / 1e6, at_most=30, unit="MB")


def measure_execd(report):
    answers = []
    port = "18099"
    for _ in range(5):
        began = time.perf_counter()
        server = subprocess.Popen(
            [execd(), "serve"], env={"SANDBOX_EXEC_TOKEN": "benchmark", "SANDBOX_PORT": port},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while True:
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1).close()
                    break
                except OSError:
                    assert server.poll() is None and time.perf_counter() - began < 10, "the exec server does not serve"
            answers.append(time.perf_counter() - began)
            memory = int(pathlib.Path(f"/proc/{server.pid}/status").read_text().split("VmRSS:")[1].split()[0]) * 1024
        finally:
            server.kill()
            server.wait()
    report.goal(
        "podkeeper-execd: /health after its start, p50", report.times("podkeeper-execd: /health after its start", answers)
        * 1000, at_most=50, unit="ms")
    report.goal("podkeeper-execd: memory", memory / 1e6, at_most=15, unit="MB")
