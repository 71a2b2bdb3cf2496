"""A podkeeperd in a directory of its own: started, killed and started again."""

import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time

from . import backends
from .control import Control, Disconnected

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class EndedEarly(Exception):
    """It ended before it served its socket."""


def execd():
    """The exec server's static binary: of PODKEEPER_TEST_EXECD, else the one that Tests/run builds."""
    return os.environ.get("PODKEEPER_TEST_EXECD", str(ROOT / ".build-static/release/podkeeper-execd"))


class Daemon:
    def __init__(self, program, backend, sessions="{}", profile=""):
        # Short, because a socket's path is at most 107 bytes (unix(7)).
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="pk-", dir="/tmp"))
        self.socket = str(self.directory / "s")
        self.store = self.directory / "podkeeper.db"
        self.log = self.directory / "log"
        known = {"local": backends.Local, "kubernetes": backends.Kubernetes}
        self.backend = known.get(backend, backend)(self.directory)
        # A build that goes on beside this must not change the program under the test.
        self._program = shutil.copy2(program, self.directory / "podkeeperd")
        self.process = None
        self.failpoint = None
        # Variables beside this process's own.
        self.environment = {}
        # A command that runs the program, and its arguments.
        self.wrapper = []
        self.configure(sessions, profile)

    def configure(self, sessions="{}", profile=""):
        """`sessions`: that key as YAML. `profile`: further keys of the default profile, without braces."""
        (self.directory / "podkeeper.yaml").write_text(self.backend.configuration(sessions, profile))

    def spawn(self, failpoint=None):
        self.failpoint = failpoint
        environment = dict(os.environ, PODKEEPER_EXECD=execd(), **self.environment)
        environment.pop("PODKEEPER_FAILPOINT", None)
        if failpoint:
            environment["PODKEEPER_FAILPOINT"] = failpoint
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*self.wrapper, self._program, "--config", self.directory / "podkeeper.yaml", "--socket", self.socket, "--store",
                 self.store], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)

    def wait_serving(self, limit=60):
        """Raises EndedEarly; a daemon that neither serves nor ends within the limit is a hang."""
        deadline = time.monotonic() + limit
        while True:
            try:
                return self.connect().close()
            except Disconnected:
                if self.process.poll() is not None:
                    raise EndedEarly(f"podkeeperd ended with {self.process.returncode}:\n{self.log_tail()}") from None
                if time.monotonic() > deadline:
                    raise TimeoutError(f"podkeeperd does not serve its socket:\n{self.log_tail()}") from None
            time.sleep(0.01)

    def start(self):
        self.spawn()
        self.wait_serving()

    def connect(self, timeout=120):
        return Control(self.socket, timeout)

    def has_ended(self):
        return self.process.poll() is not None

    def wait_ended(self, limit):
        """False when it is still there."""
        try:
            self.process.wait(limit)
            return True
        except subprocess.TimeoutExpired:
            return False

    def kill(self):
        """SIGKILL: what a crash leaves behind."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        """SIGTERM, and the orderly end that follows it."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(90)
        if status:
            raise RuntimeError(f"podkeeperd stopped with {status}:\n{self.log_tail()}")

    def memory(self, field="VmRSS"):
        """Bytes; the field of proc_pid_status(5)."""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(text.split(f"{field}:")[1].split()[0]) * 1024

    def reset_peak(self):
        """VmHWM begins anew: proc_pid_clear_refs(5)."""
        pathlib.Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def cpu_seconds(self):
        """User and system time since its start: proc_pid_stat(5), fields 14 and 15."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def bytes_written(self):
        """To files and sockets, since its start: proc_pid_io(5), wchar."""
        return int(pathlib.Path(f"/proc/{self.process.pid}/io").read_text().split("wchar:")[1].split()[0])

    def log_tail(self, lines=30):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def query(self, sql):
        """Rows of the store, read past the daemon."""
        return self.read(lambda store: store.execute(sql).fetchall())

    def read(self, body):
        """What `body` makes of the store, all of it as it is at one moment, read past the daemon."""
        store = sqlite3.connect(f"file:{self.store}?mode=ro", uri=True, timeout=10, isolation_level=None)
        try:
            store.execute("BEGIN")
            return body(store)
        finally:
            store.close()

    def instance(self):
        return self.query("SELECT value FROM meta WHERE name = 'instance_id'")[0][0]

    def remove(self):
        """Ends the daemon and everything of it, whatever state it is in."""
        if self.process and self.process.poll() is None:
            self.kill()
        if self.store.exists():
            self.backend.clean(self.instance())
        shutil.rmtree(self.directory, ignore_errors=True)
