"""An API server that only keeps pods: stands for a cluster of more pods than the machine could run. Every pod that is
created is running and ready at once; lists come in pages, watches stay open."""

import collections
import http.server
import json
import queue
import threading
import time
import urllib.parse


class APIServer:
    def __init__(self):
        self.pods = {}
        self.requests = collections.Counter()
        self._version = 1
        self._watches = set()
        self._lock = threading.Lock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                outer._get(self)

            def do_POST(self):
                outer._post(self, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def do_PATCH(self):
                outer._patch(self, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def do_DELETE(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer._delete(self)

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # The daemon was killed in the middle of an answer: that is what is measured.

        self._server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def kubeconfig(self):
        """As JSON, which is YAML."""
        return json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "c", "users": [{"name": "u", "user": {}}],
            "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{self._server.server_port}"}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u", "namespace": "agents"}}]})

    def add(self, pod):
        """Gives it what only an API server can, and tells the watches."""
        with self._lock:
            self._version += 1
            pod["metadata"]["resourceVersion"] = str(self._version)
            self.pods[pod["metadata"]["name"]] = json.dumps(pod).encode()
            self._tell("ADDED", pod)

    def _tell(self, kind, pod):
        line = json.dumps({"type": kind, "object": pod}).encode() + b"\n"
        for watch in self._watches:
            watch.put(line)

    def _get(self, request):
        address = urllib.parse.urlsplit(request.path)
        query = dict(urllib.parse.parse_qsl(address.query))
        name = address.path.split("/pods/")[1] if "/pods/" in address.path else None
        self.requests["watch" if query.get("watch") else "get" if name else "list"] += 1
        if query.get("watch") in ("1", "true"):
            return self._watch(request, int(query.get("resourceVersion") or 0))
        if address.path.endswith("/pods"):
            return self._list(request, int(query.get("limit") or 1 << 30), int(query.get("continue") or 0))
        if name in self.pods:
            return answer(request, 200, self.pods[name])
        if address.path == "/version":
            return answer(request, 200, b'{"major": "1", "minor": "32", "gitVersion": "v1.32.0"}')
        refuse(request, 404, "NotFound")

    def _list(self, request, limit, begin):
        with self._lock:
            pods, version = list(self.pods.values()), self._version
        more = str(begin + limit) if begin + limit < len(pods) else ""
        head = {"resourceVersion": str(version), "continue": more}
        body = b",".join(pods[begin:begin + limit])
        answer(request, 200, b'{"kind": "PodList", "apiVersion": "v1", "metadata": %s, "items": [%s]}' % (
            json.dumps(head).encode(), body))

    def _watch(self, request, version):
        events = queue.SimpleQueue()
        with self._lock:
            self._watches.add(events)
            # What came after the list that the watch goes on from.
            for pod in self.pods.values() if version < self._version else ():
                if int(json.loads(pod)["metadata"]["resourceVersion"]) > version:
                    events.put(b'{"type": "ADDED", "object": %s}\n' % pod)
        request.send_response(200)
        request.send_header("Content-Type", "application/json")
        request.send_header("Connection", "close")
        request.end_headers()
        request.close_connection = True
        try:
            while True:
                request.wfile.write(events.get())
        except OSError:
            pass
        finally:
            with self._lock:
                self._watches.discard(events)

    def _post(self, request, body):
        if not request.path.split("?")[0].endswith("/pods"):
            body["status"] = {"allowed": True}
            return answer(request, 201, json.dumps(body).encode())
        self.requests["create"] += 1
        created = now()
        body["metadata"].update(uid=f"uid-{body['metadata']['name']}", creationTimestamp=created, namespace="agents")
        body["spec"]["nodeName"] = "node"
        conditions = [{"type": kind, "status": "True", "lastTransitionTime": created}
                      for kind in ("PodScheduled", "Initialized", "ContainersReady", "Ready")]
        containers = [{"name": one["name"], "ready": True, "restartCount": 0, "image": one["image"], "imageID": "",
                       "state": {"running": {"startedAt": created}}} for one in body["spec"]["containers"]]
        body["status"] = {"phase": "Running", "podIP": "127.0.0.1", "startTime": created, "conditions": conditions,
                          "containerStatuses": containers}
        self.add(body)
        answer(request, 201, self.pods[body["metadata"]["name"]])

    def _patch(self, request, body):
        """Of labels and annotations: a JSON merge patch (RFC 7396)."""
        with self._lock:
            self.requests["patch"] += 1
            name = urllib.parse.urlsplit(request.path).path.split("/pods/")[1]
            found = self.pods.get(name)
            if found:
                pod = json.loads(found)
                for member in ("labels", "annotations"):
                    values = pod["metadata"].setdefault(member, {})
                    values.update(body["metadata"].get(member, {}))
                    pod["metadata"][member] = {key: value for key, value in values.items() if value is not None}
                self._version += 1
                pod["metadata"]["resourceVersion"] = str(self._version)
                self.pods[name] = found = json.dumps(pod).encode()
                self._tell("MODIFIED", pod)
        answer(request, 200, found) if found else refuse(request, 404, "NotFound")

    def _delete(self, request):
        with self._lock:
            self.requests["delete"] += 1
            found = self.pods.pop(urllib.parse.urlsplit(request.path).path.split("/pods/")[1], None)
            if found:
                self._version += 1
                pod = json.loads(found)
                # As a real one does on the way out.
                pod["metadata"].update(resourceVersion=str(self._version), deletionTimestamp=now())
                self._tell("DELETED", pod)
        answer(request, 200, found) if found else refuse(request, 404, "NotFound")


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def answer(request, status, body):
    request.send_response(status)
    request.send_header("Content-Type", "application/json")
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


def refuse(request, status, reason):
    answer(request, status, json.dumps(
        {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": status,
         "message": reason}).encode())
