"""The two backends as somebody else sees them: what sandboxes exist, whatever the daemon says."""

import json
import os
import pathlib
import signal
import subprocess


class Local:
    name = "local"

    def __init__(self, directory):
        self._state = directory / "local"

    def configuration(self, sessions, profile):
        return f"backend: local\nsessions: {sessions}\nprofiles:\n  default: {{{profile}}}\n"

    def sandboxes(self, _instance):
        """The uid of every sandbox that has a directory."""
        found = set()
        for record in self._state.glob("sandboxes/*/record.json"):
            try:
                found.add(json.loads(record.read_text())["uid"])
            except FileNotFoundError:
                pass
        return found

    def remains(self, instance):
        """Everything that is left: directories, half-made ones included, and processes."""
        directories = [path.name for path in self._state.glob("sandboxes/*")]
        return directories + [path.name for path in self._state.glob("s/*")] + self._processes()

    def _processes(self):
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if os.fsencode(self._state) + b"/" in path.read_bytes():
                    found.append(f"process {path.parent.name}")
            except OSError:
                pass
        return found

    def end(self, sandbox):
        """Ends a sandbox behind the daemon's back."""
        os.kill(sandbox["pid"], signal.SIGKILL)

    def clean(self, instance):
        for process in self._processes():
            try:
                os.kill(int(process.split()[1]), signal.SIGKILL)
            except ProcessLookupError:
                pass


class Kubernetes:
    name = "kubernetes"

    def __init__(self, _directory, namespace="podkeeper-crash"):
        self._kubeconfig = os.environ["PODKEEPER_TEST_KUBECONFIG"]
        self._image = os.environ.get("PODKEEPER_TEST_EXECD_IMAGE", "podkeeper-execd:test")
        self._namespace = namespace
        if self._kubectl("get", "namespace", namespace, check=False).returncode:
            self._kubectl("create", "namespace", namespace)
            # A pod is refused until the controller has made the namespace's service account.
            self._kubectl(
                "-n", namespace, "wait", "--for=jsonpath={.metadata.name}=default", "serviceaccount/default",
                "--timeout=30s")

    def _kubectl(self, *arguments, check=True):
        return subprocess.run(
            ["kubectl", "--kubeconfig", self._kubeconfig, *arguments], check=check, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)

    def configuration(self, sessions, profile):
        return (
            f"backend: kubernetes\nsessions: {sessions}\nkubernetes:\n  kubeconfig: {self._kubeconfig}\n"
            f"  namespace: {self._namespace}\n  execd_image: {self._image}\n"
            f"profiles:\n  default: {{image: 'busybox:1', {profile}}}\n")

    def sandboxes(self, instance):
        """The uid of every pod with this daemon's label, those on their way out included."""
        selector = f"podkeeper.dev/instance={instance}"
        text = self._kubectl("-n", self._namespace, "get", "pods", "-l", selector, "-o", "json").stdout
        return {pod["metadata"]["uid"] for pod in json.loads(text)["items"]}

    def remains(self, instance):
        return sorted(self.sandboxes(instance))

    def end(self, sandbox):
        self._kubectl(
            "-n", sandbox["namespace"], "delete", "pod", sandbox["name"], "--grace-period=0", "--force",
            "--wait=false")

    def clean(self, instance):
        self._kubectl(
            "-n", self._namespace, "delete", "pods", "-l", f"podkeeper.dev/instance={instance}", "--grace-period=0",
            "--force", "--wait=false")
