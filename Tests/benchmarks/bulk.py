"""1 GiB of command output and of file through the daemon, beside the same bytes through a pipe; and its memory."""

import base64
import subprocess
import time

from harness.daemon import Daemon

BACKENDS = ("local", "kubernetes")
GIB = 1 << 30
LINE = b"The quick brown fox jumps over the lazy dog, again and again.\n\n"
OUTPUT = f"yes '{LINE.decode().strip()}\n' | head -c {GIB}"
ALLOWED_MIB = 32


def run(options, report):
    daemon = Daemon(options.daemon, options.backend)
    try:
        daemon.start()
        with daemon.connect(timeout=600) as control:
            control.call("session.get_or_create", session_id="bulk")
            # A first, small round: buffers and connections that stay are no cost of the size.
            output(control, OUTPUT.replace(str(GIB), str(64 << 20)), 64 << 20)
            before = daemon.memory()
            daemon.reset_peak()
            took = output(control, OUTPUT, GIB)
            floor = pipe()
            report.number("output through the daemon", GIB / took / 1e6, "MB/s")
            report.number("output through a pipe", GIB / floor / 1e6, "MB/s")
            peak = (daemon.memory("VmHWM") - before) / 2**20
            report.goal("1 GiB of output: more memory in the daemon", peak, at_most=ALLOWED_MIB, unit="MiB")

            control.call("sandbox.execute", session_id="bulk", command=f"({OUTPUT}) > big")
            before = daemon.memory()
            daemon.reset_peak()
            took = download(control, "big")
            report.number("download", GIB / took / 1e6, "MB/s")
            peak = (daemon.memory("VmHWM") - before) / 2**20
            report.goal("1 GiB downloaded: more memory in the daemon", peak, at_most=ALLOWED_MIB, unit="MiB")

            before = daemon.memory()
            daemon.reset_peak()
            took = upload(control, "again")
            report.number("upload", GIB / took / 1e6, "MB/s")
            peak = (daemon.memory("VmHWM") - before) / 2**20
            report.goal("1 GiB uploaded: more memory in the daemon", peak, at_most=ALLOWED_MIB, unit="MiB")
    finally:
        daemon.remove()


def output(control, command, size):
    began = time.perf_counter()
    received = 0
    for kind, message in control.stream(
            "sandbox.run", session_id="bulk", argv=["sh", "-c", command], stream=True, output_limit=2 * GIB):
        if kind == "sandbox.output":
            data = message.get("data")
            received += len(data) if data is not None else len(base64.b64decode(message["data_b64"]))
    assert (received, message["exit_code"]) == (size, 0), (received, message)
    return time.perf_counter() - began


def download(control, path):
    began = time.perf_counter()
    received = 0
    for kind, message in control.stream("sandbox.download", session_id="bulk", path=path):
        if kind == "sandbox.data":
            received += len(message["data_b64"]) * 3 // 4
    assert message["size"] == GIB and received >= GIB, (received, message)
    return time.perf_counter() - began


def upload(control, path):
    chunk = 1 << 20
    data = base64.b64encode(LINE * (chunk // len(LINE))).decode()
    size = chunk // len(LINE) * len(LINE)
    began = time.perf_counter()
    upload_id = control.call("sandbox.upload", session_id="bulk", path=path)["upload_id"]
    for _ in range(GIB // size):
        control.call("sandbox.upload_chunk", upload_id=upload_id, data_b64=data)
    result = control.call("sandbox.upload_commit", upload_id=upload_id)
    assert result["size"] == GIB // size * size, result
    return time.perf_counter() - began


def pipe():
    began = time.perf_counter()
    with subprocess.Popen(["sh", "-c", OUTPUT], stdout=subprocess.PIPE) as process:
        while process.stdout.read1(1 << 18):
            pass
    return time.perf_counter() - began
