"""a command through the daemon, beside the reference's client on the same pod, kubectl exec, and libcurl."""

import io
import json
import os
import subprocess
import time

from harness.daemon import Daemon

from . import reference

BACKENDS = ("kubernetes",)
TOKEN = "benchmark"
COMMANDS = (("true", "true", ""), ("100 000 bytes", "head -c 100000 /dev/zero | tr '\\0' x", "x" * 100_000))


def run(options, report):
    sandbox_type, pycurl = reference.load()
    for mode in ("http", "api"):
        daemon = Daemon(options.daemon, options.backend, profile=f"mode: {mode}, exec_token: {TOKEN}")
        try:
            daemon.start()
            with daemon.connect() as control:
                pod = control.call("session.get_or_create", session_id="measured")["sandbox"]
                peer = reference.attached(sandbox_type, pod, mode, TOKEN)
                for what, command, output in COMMANDS:
                    ways = {
                        "podkeeper": lambda: control.call(
                            "sandbox.execute", session_id="measured", command=command)["output"],
                        "reference": lambda: peer.execute(command).output,
                    }
                    if mode == "http":
                        ways["libcurl"] = curl(pycurl, pod, command)
                    elif what == "true":
                        ways["kubectl exec"] = lambda: kubectl(pod, command)
                    medians = interleaved(report, f"{mode}, {what}", ways, options.samples, output)
                    # A goal for small commands in http mode; the other ratios are told.
                    ratio = medians["podkeeper"] / medians["reference"]
                    if mode == "http" and what == "true":
                        report.goal("execute(\"true\"), http: podkeeper / reference", ratio, at_most=0.8)
                    else:
                        report.number(f"{mode}, {what}: podkeeper / reference", ratio, "times")
        finally:
            daemon.remove()


def interleaved(report, what, ways, samples, output):
    """Each way in turn, so that all of them meet the same disturbances. Gives the medians."""
    seconds = {name: [] for name in ways}
    for number in range(samples + 1):
        for name, way in ways.items():
            began = time.perf_counter()
            result = way()
            took = time.perf_counter() - began
            if result != output:
                raise AssertionError(f"{name}: {what}: {result[:200]!r}")
            # The first of each opens connections.
            if number:
                seconds[name].append(took)
    return {name: report.times(f"{what}: {name}", taken) for name, taken in seconds.items()}


def curl(pycurl, pod, command):
    """libcurl straight to the exec server, on a connection that is kept."""
    handle = pycurl.Curl()
    handle.setopt(pycurl.URL, f"http://{pod['ip']}:8080/exec")
    handle.setopt(pycurl.HTTPHEADER, [f"X-Sandbox-Token: {TOKEN}", "Content-Type: application/json"])
    handle.setopt(pycurl.POSTFIELDS, json.dumps({"command": command, "timeout_seconds": 1800}))

    def call():
        body = io.BytesIO()
        handle.setopt(pycurl.WRITEDATA, body)
        handle.perform()
        return json.loads(body.getvalue())["output"]

    return call


def kubectl(pod, command):
    return subprocess.run(
        ["kubectl", "--kubeconfig", os.environ["PODKEEPER_TEST_KUBECONFIG"], "-n", pod["namespace"], "exec",
         pod["name"], "--", "sh", "-c", command], check=True, stdout=subprocess.PIPE, text=True).stdout
