"""a cold start, beside create-and-watch of the same pod by a bare client, and the reference's start."""

import os
import time
import uuid

from harness.daemon import Daemon

from . import reference
from .cluster import Cluster, copy_of, is_ready

BACKENDS = ("kubernetes",)


def run(options, report):
    sandbox_type, _ = reference.load()
    cluster = Cluster()
    for mode in ("http", "api"):
        daemon = Daemon(options.daemon, options.backend, profile=f"mode: {mode}")
        ours, bare, theirs, stages = [], [], [], {}
        try:
            daemon.start()
            with daemon.connect() as control:
                for number in range(max(3, options.samples // 5)):
                    began = time.perf_counter()
                    session = control.call("session.get_or_create", session_id=f"start-{number}")
                    ours.append(time.perf_counter() - began)
                    for stage, seconds in (session.get("timing") or {}).items():
                        stages.setdefault(stage, []).append(seconds)
                    client = cluster.client()
                    pods = f"/api/v1/namespaces/{session['sandbox']['namespace']}/pods"
                    pod = client.call("GET", f"{pods}/{session['sandbox']['name']}")
                    control.call("session.release", session_id=f"start-{number}")
                    bare.append(create_and_watch(cluster, client, pods, copy_of(pod, f"bare-{uuid.uuid4().hex[:8]}")))
                    if mode == "api":
                        theirs.append(reference_start(sandbox_type, session["sandbox"]["namespace"]))
        finally:
            daemon.remove()
        p50 = report.times(f"{mode}: podkeeper", ours)
        floor = report.times(f"{mode}: create-and-watch", bare)
        for stage, seconds in stages.items():
            report.times(f"{mode}: podkeeper, stage {stage}", seconds)
        report.goal(f"cold start, {mode}: podkeeper / create-and-watch", p50 / floor, at_most=1.05)
        if theirs:
            report.number(f"{mode}: podkeeper / reference", p50 / report.times(f"{mode}: reference", theirs), "times")


def create_and_watch(cluster, client, pods, body):
    """Seconds from the request to the Ready condition."""
    name = body["metadata"]["name"]
    began = time.perf_counter()
    version = client.call("POST", pods, body)["metadata"]["resourceVersion"]
    watcher = cluster.client()
    path = f"{pods}?watch=true&fieldSelector=metadata.name%3D{name}&resourceVersion={version}&timeoutSeconds=120"
    next(event for event in watcher.watch(path) if is_ready(event["object"]))
    took = time.perf_counter() - began
    watcher.close()
    client.call("DELETE", f"{pods}/{name}", {"gracePeriodSeconds": 0})
    return took


def reference_start(sandbox_type, namespace):
    sandbox = sandbox_type(
        "busybox:1", namespace=namespace, mode="api", in_cluster=False, service_account_name="default",
        kube_config_path=os.environ["PODKEEPER_TEST_KUBECONFIG"])
    began = time.perf_counter()
    sandbox.start()
    took = time.perf_counter() - began
    sandbox.stop()
    return took
