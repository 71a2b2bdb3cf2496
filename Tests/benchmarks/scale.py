"""100 000 sessions in the store, and 10 000: memory, restart after kill -9, a list page, a look for idle ones, idle CPU."""

import hashlib
import json
import re
import sqlite3
import time

from harness.api_server import APIServer
from harness.daemon import Daemon

from .report import percentile

BACKENDS = ("local", "kubernetes")


class Simulated:
    """The Kubernetes backend on an API server that only keeps pods."""

    name = "simulated"

    def __init__(self, directory):
        self.server = APIServer()
        self._kubeconfig = directory / "kubeconfig"
        self._kubeconfig.write_text(self.server.kubeconfig())

    def configuration(self, sessions, profile):
        return (
            f"backend: kubernetes\nsessions: {sessions}\nkubernetes: {{kubeconfig: {self._kubeconfig}}}\n"
            f"profiles: {{default: {{image: 'busybox:1', mode: api, {profile}}}}}\n")

    def clean(self, _instance):
        self.server.close()


def run(options, report):
    for count in (10_000, 100_000):
        daemon = Daemon(options.daemon, Simulated, sessions="{max_sessions: 200000, idle_timeout: 86400}")
        try:
            measure(daemon, count, report)
        finally:
            daemon.remove()


def measure(daemon, count, report):
    daemon.start()
    with daemon.connect() as control:
        control.call("session.get_or_create", session_id="number-000000")
    daemon.stop()
    multiply(daemon, count)
    with_cluster(daemon, count, report, "first start")
    daemon.kill()
    requests = daemon.backend.server.requests
    requests.clear()
    served = with_cluster(daemon, count, report, "after kill -9")
    began = time.perf_counter()
    while waits_for_adoption(daemon):
        time.sleep(0.5)
    report.number(f"{count} sessions: all taken up, after that", time.perf_counter() - began, "s")
    wait_until_quiet(requests)
    report.number(f"{count} sessions: no request any more, after that", time.perf_counter() - began, "s")
    for kind, number in sorted(requests.items()):
        report.number(f"{count} sessions: requests to the API server after kill -9, {kind}", number, "")
    pages, looks = [], []
    with daemon.connect() as control:
        cursor = None
        for _ in range(50):
            began = time.perf_counter()
            page = control.call("session.list", cursor=cursor)
            pages.append(time.perf_counter() - began)
            assert len(page["sessions"]) == 100 and page["total"] == count, page["total"]
            cursor = page["next_cursor"]
        for _ in range(5):
            began = time.perf_counter()
            assert control.call("session.cleanup_idle", dry_run=True)["count"] == 0
            looks.append(time.perf_counter() - began)
    page = report.times(f"{count} sessions: list page of 100", pages)
    report.times(f"{count} sessions: cleanup_idle with dry_run", looks)
    before, began = daemon.cpu_seconds(), time.perf_counter()
    time.sleep(10)
    cpu = (daemon.cpu_seconds() - before) / (time.perf_counter() - began)
    memory = daemon.memory("VmRSS")
    report.number(f"{count} sessions: largest memory", daemon.memory("VmHWM") / 1e6, "MB")
    if count < 100_000:
        report.number(f"{count} sessions: memory", memory / 1e6, "MB")
        return
    report.goal(f"{count} sessions: memory", memory / 1e6, at_most=250, unit="MB")
    report.goal(f"{count} sessions: serving again after kill -9", served, at_most=3, unit="s")
    report.goal(f"{count} sessions: list page, p50", page * 1000, at_most=5, unit="ms")
    report.goal(f"{count} sessions: list page, p99", percentile(pages, 0.99) * 1000, at_most=5, unit="ms")
    report.goal(f"{count} sessions: idle CPU", cpu * 100, at_most=1, unit="%")


def with_cluster(daemon, count, report, when):
    """Starts it. Gives the seconds until it answers; then waits until it knows from the cluster which pods live."""
    began = time.perf_counter()
    daemon.start()
    with daemon.connect() as control:
        assert control.call("session.get", session_id=f"number-{count - 1:06}")["state"] == "ready"
        served = time.perf_counter() - began
        report.number(f"{count} sessions, {when}: serving", served, "s")
        assert control.call("session.is_alive", session_id=f"number-{count - 1:06}")["alive"]
    report.number(f"{count} sessions, {when}: knows its pods", time.perf_counter() - began, "s")
    return served


def waits_for_adoption(daemon):
    with daemon.connect() as control:
        text = control.call("daemon.metrics")["text"]
    return int(re.search(r'^podkeeper_queue_length\{queue="adopt[a-z]*"\} (\d+)', text, re.MULTILINE)[1]) > 0


def wait_until_quiet(requests, quiet=5, limit=300):
    """Until the daemon has compared store and cluster for the last time, which it does after it has taken all up."""
    seen, since = sum(requests.values()), time.perf_counter()
    end = since + limit
    while time.perf_counter() < min(since + quiet, end):
        time.sleep(0.2)
        if sum(requests.values()) != seen:
            seen, since = sum(requests.values()), time.perf_counter()


def session_label(instance, session_id):
    """As the daemon labels the pods that it makes: one with another label would be patched when it is taken up."""
    return hashlib.sha256(f"{instance}\0{session_id}".encode()).hexdigest()[:40]


def multiply(daemon, count):
    """As many rows and pods as `count`, each like the one that is there."""
    store = sqlite3.connect(daemon.store)
    columns = [row[1] for row in store.execute("PRAGMA table_info(session)")]
    changed = {"session_id", "sandbox_name", "sandbox", "nonce"}
    rest = ", ".join(name for name in columns if name not in changed)
    (name, sandbox, nonce), = store.execute("SELECT sandbox_name, sandbox, nonce FROM session")
    pod = daemon.backend.server.pods[name].decode()
    rows = []
    for number in range(1, count):
        digits = f"{number:06}"

        def renamed(text):
            return text.replace("number-000000", f"number-{digits}").replace(nonce, nonce[:-6] + digits)

        copy = json.loads(renamed(pod))
        copy["metadata"]["uid"] = f"uid-{copy['metadata']['name']}"
        labels = copy["metadata"]["labels"]
        labels["podkeeper.dev/session"] = session_label(labels["podkeeper.dev/instance"], f"number-{digits}")
        daemon.backend.server.add(copy)
        rows.append((f"number-{digits}", renamed(name), renamed(sandbox), nonce[:-6] + digits))
    store.executemany(
        f"INSERT INTO session (session_id, sandbox_name, sandbox, nonce, {rest}) SELECT ?, ?, ?, ?, {rest} "
        "FROM session WHERE session_id = 'number-000000'", rows)
    store.execute("INSERT INTO generation SELECT session_id, generation FROM session WHERE true "
                  "ON CONFLICT DO NOTHING")
    store.commit()
    store.close()
