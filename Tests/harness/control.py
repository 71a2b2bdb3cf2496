"""The control socket from outside: one JSON value a line."""

import json
import socket


class Disconnected(Exception):
    """The daemon ended while, or before, it was asked: what it did of the call is not known."""


class Refused(Exception):
    """The daemon answered with an error."""

    def __init__(self, method, error):
        self.kind = error.get("data", {}).get("kind") or str(error["code"])
        self.message = error["message"]
        super().__init__(f"{method}: {self.kind}: {self.message}")


class Control:
    """One connection; one call at a time."""

    def __init__(self, path, timeout=120):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout)
        try:
            self._socket.connect(path)
        except OSError as error:
            self._socket.close()
            raise Disconnected(str(error)) from error
        self._lines = self._socket.makefile("rb")
        self._number = 0

    def close(self):
        self._lines.close()
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def call(self, method, **params):
        """Members that are None are left out. Raises Refused and Disconnected; TimeoutError is a hang."""
        self._number += 1
        present = {name: value for name, value in params.items() if value is not None}
        request = {"jsonrpc": "2.0", "id": self._number, "method": method, "params": present}
        try:
            self._socket.sendall(json.dumps(request).encode() + b"\n")
            line = self._lines.readline()
        except TimeoutError:
            raise
        except OSError as error:
            raise Disconnected(str(error)) from error
        if not line.endswith(b"\n"):
            raise Disconnected("the daemon closed the connection")
        answer = json.loads(line)
        if "error" in answer:
            raise Refused(method, answer["error"])
        assert answer["id"] == self._number, answer
        return answer["result"]

    def stream(self, method, **params):
        """Yields (method, params) of each notification, then (None, result)."""
        self._number += 1
        request = {"jsonrpc": "2.0", "id": self._number, "method": method, "params": params}
        self._socket.sendall(json.dumps(request).encode() + b"\n")
        while True:
            line = self._lines.readline()
            if not line.endswith(b"\n"):
                raise Disconnected("the daemon closed the connection")
            message = json.loads(line)
            if "error" in message:
                raise Refused(method, message["error"])
            if "id" in message:
                yield None, message["result"]
                return
            yield message["method"], message["params"]
