"""300 sessions opened at once on a node that starts pods instantly, beside a bare client that creates as many."""

import concurrent.futures
import time
import uuid

from harness.backends import Kubernetes
from harness.daemon import Daemon

from .cluster import Cluster, SimulatedNode, is_ready

BACKENDS = ("kubernetes",)
NODE = "simulated"
NAMESPACE = "podkeeper-crash"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
BARE_CONNECTIONS = 32


class Unlimited(Kubernetes):
    """The daemon's own limit of requests a second is not what is to be measured."""

    def configuration(self, sessions, profile):
        text = super().configuration(sessions, profile)
        return text.replace("kubernetes:\n", "kubernetes:\n  requests_per_second: 100000\n")


def run(options, report):
    count = 300
    cluster = Cluster()
    daemon = Daemon(
        options.daemon, Unlimited, sessions="{max_sessions: 5000, max_starting: 300}",
        profile=f"mode: api, pod_template: {{spec: {{nodeName: {NODE}, containers: [{{name: sandbox}}]}}}}")
    SimulatedNode(cluster, NAMESPACE, NODE)
    ours, bare = [], []
    try:
        daemon.start()
        for turn in range(3):
            ours.append(opened(daemon, turn, count))
            bare.append(created(cluster, count))
    finally:
        daemon.remove()
    rate, floor = count / report.times(f"{count} sessions: podkeeper", ours), count / report.times(
        f"{count} pods: bare client", bare)
    report.number("podkeeper", rate, "sessions a second")
    report.number("bare client", floor, "pods a second")
    report.goal(f"burst of {count}: podkeeper's rate / the bare client's", rate / floor, at_least=0.9)


def opened(daemon, turn, count):
    """Seconds until the last session is ready; each is asked for on a connection of its own."""
    def open_one(number):
        with daemon.connect() as control:
            assert control.call("session.get_or_create", session_id=f"burst-{turn}-{number}")["state"] == "ready"

    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        began = time.perf_counter()
        list(pool.map(open_one, range(count)))
        took = time.perf_counter() - began
    with daemon.connect() as control:
        for number in range(count):
            control.call("session.release", session_id=f"burst-{turn}-{number}", wait=False)
        while control.call("daemon.status")["pending_deletions"]:
            time.sleep(0.1)
    return took


def created(cluster, count):
    """Seconds until a watch has shown the last of as many pods ready."""
    run = uuid.uuid4().hex[:8]

    def body(number):
        return {
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": f"bare-{run}-{number}", "labels": {"benchmark": run}},
            "spec": {"nodeName": NODE, "containers": [{"name": "sandbox", "image": "busybox:1"}]}}

    def create(share):
        client = cluster.client()
        for number in range(share, count, BARE_CONNECTIONS):
            client.call("POST", PODS, body(number))
        client.close()

    version = cluster.client().call("GET", f"{PODS}?limit=1")["metadata"]["resourceVersion"]
    watcher = cluster.client()
    selector = f"labelSelector=benchmark%3D{run}"
    with concurrent.futures.ThreadPoolExecutor(BARE_CONNECTIONS) as pool:
        began = time.perf_counter()
        creations = [pool.submit(create, share) for share in range(BARE_CONNECTIONS)]
        ready = set()
        for event in watcher.watch(f"{PODS}?watch=true&{selector}&resourceVersion={version}&timeoutSeconds=300"):
            if is_ready(event["object"]):
                ready.add(event["object"]["metadata"]["uid"])
            if len(ready) == count:
                break
        took = time.perf_counter() - began
        for creation in creations:
            creation.result()
    watcher.close()
    client = cluster.client()
    client.call("DELETE", f"{PODS}?{selector}", {"gracePeriodSeconds": 0})
    while client.call("GET", f"{PODS}?{selector}&limit=1")["items"]:
        time.sleep(0.1)
    return took
