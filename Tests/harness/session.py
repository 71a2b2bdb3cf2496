"""One session as its user sees it, and what the user may rely on whatever happens to the daemon."""

import base64

from .control import Disconnected, Refused

FILE = "kept.txt"


class Verdicts:
    """What went wrong, and how much was seen to go right."""

    def __init__(self):
        self.lost = []
        self.wrong = []
        self.counts = {}
        # Refusals of calls that took too long, where they may.
        self.late_kinds = set()

    def count(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1


class Session:
    """`live`: ready when last heard of, and not released. `unsure`: a call of unknown outcome may have made or ended
    it. `absent`: its end was acknowledged, or nothing was ever asked for."""

    def __init__(self, name, verdicts, random):
        self.name = name
        self.verdicts = verdicts
        self.random = random
        self.state = "absent"
        self.sandbox = None
        # What the file may hold: one text where the last write was acknowledged. None: no file.
        self.contents = {None}
        # Sandboxes whose end was acknowledged, or that were replaced.
        self.ended = set()
        # A start of unknown outcome: a sandbox that was never heard of may be there.
        self.may_be_new = False
        # Its sandbox was ended on purpose.
        self.is_doomed = False

    # What happens

    def step(self, control):
        """One call that suits the state. Raises Disconnected when the daemon is gone."""
        if self.state == "live":
            steps = [self.execute, self.execute, self.write, self.read, self.check, self.open, self.release]
            self.random.choice(steps)(control)
        elif self.state == "unsure" or self.random.random() < 0.8:
            self.open(control)
        else:
            self.check(control)

    def open(self, control):
        try:
            opened = self._call(control, "session.get_or_create", timeout=90)
        except Disconnected:
            if self.state != "live" or self.is_doomed:
                self.state, self.may_be_new = "unsure", True
            raise
        except Refused as error:
            if self.state != "live":
                self.state, self.may_be_new = "unsure", True
            return self._refused(error)
        uid = opened["sandbox"]["uid"]
        is_same = self.sandbox is not None and uid == self.sandbox["uid"]
        if opened["state"] != "ready":
            self._wrong(f"get_or_create gave a session that is {opened['state']}")
        if uid in self.ended:
            self._wrong(f"sandbox {uid} came back")
        if self.state == "live" and not is_same and not self.is_doomed:
            self._lost(f"sandbox {self.sandbox['uid']} gave way to {uid}: {opened['replaced']}")
        elif opened["replaced"] and not self.is_doomed:
            self._lost(f"replaced: {opened['replaced']}")
        if is_same and opened["created"]:
            self._wrong("a live session was called created")
        if self.state == "absent" and not opened["created"]:
            self._wrong("a session that nobody had asked for was there already")
        if self.state == "unsure" and not is_same and not opened["created"] and not self.may_be_new:
            self._wrong(f"sandbox {uid} is nobody's")
        if not is_same:
            if self.sandbox is not None:
                self.ended.add(self.sandbox["uid"])
            self.contents = {None}
        self.state, self.sandbox, self.may_be_new, self.is_doomed = "live", opened["sandbox"], False, False
        self.verdicts.count("opened")

    def execute(self, control):
        left, right, code = (self.random.randrange(1000) for _ in range(3))
        code %= 3
        try:
            result = self._call(control, "sandbox.execute", command=f"echo $(({left} * {right})); exit {code}")
        except Refused as error:
            return self._refused(error)
        if (result["output"], result["exit_code"]) != (f"{left * right}\n", code):
            self._wrong(f"{left} * {right}, exit {code}: {result}")
        self.verdicts.count("executed")

    def write(self, control):
        text = f"{self.name} {self.random.getrandbits(64):x}\n"
        before, self.contents = self.contents, self.contents | {text}
        try:
            self._call(control, "sandbox.write", path=FILE, content=text)
        except Refused as error:
            if error.kind in ("session_not_found", "sandbox_gone"):
                self.contents = before
            return self._refused(error)
        self.contents = {text}
        self.verdicts.count("wrote")

    def read(self, control):
        try:
            result = self._call(control, "sandbox.read_bytes", path=FILE)
            text = base64.b64decode(result["content_b64"]).decode()
        except Refused as error:
            if error.kind != "file_error":
                return self._refused(error)
            text = None
        if text not in self.contents:
            self._wrong(f"read {text!r}, wrote {sorted(map(repr, self.contents))}")
        self.verdicts.count("read")

    def check(self, control):
        """What `session.get` shows."""
        try:
            shown = self._call(control, "session.get")
        except Refused as error:
            if self.state == "live" or error.kind != "session_not_found":
                self._refused(error)
            return
        uid = shown["sandbox"]["uid"]
        if self.state == "live":
            if (shown["state"], uid) != ("ready", self.sandbox["uid"]) and not self.is_doomed:
                self._lost(f"sandbox {self.sandbox['uid']} is now {shown['state']} {uid}: {shown['message']}")
        elif self.state == "absent" and shown["state"] != "stopping":
            self._wrong(f"released, and yet {shown['state']} {uid}")
        self.verdicts.count("looked")

    def release(self, control, wait=None):
        try:
            result = self._call(control, "session.release", wait=self.random.random() < 0.5 if wait is None else wait)
        except Disconnected:
            self.state = "unsure" if self.state == "live" else self.state
            raise
        except Refused as error:
            # The session has ended; its sandbox goes when the backend answers.
            if error.kind != "backend_unavailable":
                self.state = "unsure"
                return self._refused(error)
            result = {"released": True}
        if self.state == "live" and not result["released"] and not self.is_doomed:
            self._lost("there was nothing to release")
        if self.sandbox is not None:
            self.ended.add(self.sandbox["uid"])
        self.state, self.sandbox, self.contents, self.may_be_new = "absent", None, {None}, False
        self.is_doomed = False
        self.verdicts.count("released")

    def end_sandbox(self, backend):
        """The sandbox dies behind the daemon's back."""
        self.is_doomed = True
        backend.end(self.sandbox)

    # What is made of it

    def _call(self, control, method, **params):
        return control.call(method, session_id=self.name, **params)

    def _refused(self, error):
        if self.is_doomed and error.kind in ("sandbox_gone", "session_not_found", "backend_unavailable"):
            return
        if error.kind == "backend_unavailable":
            return self.verdicts.count("unavailable")
        if error.kind in self.verdicts.late_kinds:
            return self.verdicts.count("late")
        if self.state == "live" and error.kind in ("session_not_found", "sandbox_gone"):
            return self._lost(str(error))
        self._wrong(str(error))

    def _lost(self, text):
        self.verdicts.lost.append(f"{self.name}: {text}")
        self.state, self.is_doomed = "unsure", True

    def _wrong(self, text):
        self.verdicts.wrong.append(f"{self.name}: {text}")
