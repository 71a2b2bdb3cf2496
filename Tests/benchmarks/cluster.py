"""A bare client of the API server: one connection, no retries, the least that can be done. Also simulated nodes."""

import base64
import copy
import http.client
import json
import os
import ssl
import subprocess
import tempfile
import threading
import urllib.parse


class Cluster:
    """Where the API server is and how to be let in: of PODKEEPER_TEST_KUBECONFIG, with a client certificate."""

    def __init__(self):
        text = subprocess.run(
            ["kubectl", "config", "view", "--kubeconfig", os.environ["PODKEEPER_TEST_KUBECONFIG"], "--minify",
             "--flatten", "--raw", "-o", "json"], check=True, stdout=subprocess.PIPE).stdout
        config = json.loads(text)
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        address = urllib.parse.urlsplit(cluster["server"])
        self.host, self.port = address.hostname, address.port
        self.tls = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
        with tempfile.NamedTemporaryFile() as pair:
            pair.write(base64.b64decode(user["client-certificate-data"]) + base64.b64decode(user["client-key-data"]))
            pair.flush()
            self.tls.load_cert_chain(pair.name)

    def client(self):
        return Client(self)


class Client:
    def __init__(self, cluster):
        self._connection = http.client.HTTPSConnection(cluster.host, cluster.port, context=cluster.tls, timeout=120)

    def close(self):
        self._connection.close()

    def call(self, method, path, body=None, kind="application/json"):
        """The decoded answer. Raises RuntimeError for anything but 2xx."""
        response = self._send(method, path, body, kind)
        content = json.loads(response.read() or b"{}")
        if response.status // 100 != 2:
            raise RuntimeError(f"{method} {path}: {response.status} {content.get('message')}")
        return content

    def watch(self, path):
        """Yields the events of a watch until it ends; takes the connection for itself."""
        response = self._send("GET", path, None, None)
        if response.status != 200:
            raise RuntimeError(f"GET {path}: {response.status}")
        while line := response.readline():
            yield json.loads(line)

    def _send(self, method, path, body, kind):
        headers = {"Content-Type": kind} if body is not None else {}
        self._connection.request(method, path, None if body is None else json.dumps(body), headers)
        return self._connection.getresponse()


def copy_of(pod, name):
    """What to send to get another pod of the same shape, that no daemon takes for its own."""
    spec = {key: value for key, value in pod["spec"].items() if key not in ("nodeName", "serviceAccount")}
    return {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": pod["metadata"]["namespace"], "labels": {"benchmark": "bare"}},
        "spec": copy.deepcopy(spec),
    }


def is_ready(pod):
    conditions = pod.get("status", {}).get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


class SimulatedNode:
    """Stands for a node on which every pod runs and is ready at once, and is gone at once when it is deleted."""

    def __init__(self, cluster, namespace, name):
        self._pods = f"/api/v1/namespaces/{namespace}/pods"
        self._watcher, self._client = cluster.client(), cluster.client()
        self._path = f"{self._pods}?watch=true&fieldSelector=spec.nodeName%3D{name}"
        threading.Thread(target=self._follow, daemon=True).start()

    def _follow(self):
        """To the end of the process: it has no state that anybody would miss."""
        seen = set()
        for event in self._watcher.watch(self._path):
            pod = event["object"]
            uid = pod["metadata"]["uid"]
            if event["type"] == "DELETED":
                seen.discard(uid)
            elif pod["metadata"].get("deletionTimestamp"):
                self._remove(pod)
            elif uid not in seen:
                seen.add(uid)
                self._run(pod)

    def _run(self, pod):
        now = pod["metadata"]["creationTimestamp"]
        ready = [{"type": kind, "status": "True", "lastTransitionTime": now}
                 for kind in ("Initialized", "Ready", "ContainersReady", "PodScheduled")]
        containers = [
            {"name": one["name"], "ready": True, "started": True, "restartCount": 0, "image": one["image"],
             "imageID": one["image"], "state": {"running": {"startedAt": now}}} for one in pod["spec"]["containers"]]
        status = {"phase": "Running", "podIP": "127.0.0.1", "podIPs": [{"ip": "127.0.0.1"}], "hostIP": "127.0.0.1",
                  "startTime": now, "conditions": ready, "containerStatuses": containers}
        self._client.call("PATCH", f"{self._pods}/{pod['metadata']['name']}/status", {"status": status},
                    "application/strategic-merge-patch+json")

    def _remove(self, pod):
        try:
            self._client.call("DELETE", f"{self._pods}/{pod['metadata']['name']}",
                        {"gracePeriodSeconds": 0, "preconditions": {"uid": pod["metadata"]["uid"]}})
        except RuntimeError:
            pass  # Gone already.
