"""The Python library that the specification describes, in a virtual environment of its own."""

import os
import pathlib
import subprocess
import sys
import venv

REQUIREMENTS = ("pydantic-ai-backend[kubernetes]==0.2.20", "pycurl==7.49.0")


def load():
    """The module `pydantic_ai_backends`' Kubernetes sandbox and `pycurl`; the first time they are installed."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    directory = cache / "podkeeper-bench" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    done = directory / "installed"
    if not done.exists() or done.read_text() != repr(REQUIREMENTS):
        venv.create(directory, clear=True, with_pip=True)
        subprocess.run([directory / "bin/pip", "install", "--quiet", *REQUIREMENTS], check=True)
        done.write_text(repr(REQUIREMENTS))
    sys.path.append(str(next(directory.glob("lib/python*/site-packages"))))
    import pycurl
    from pydantic_ai_backends.backends.kubernetes import KubernetesPodSandbox

    return KubernetesPodSandbox, pycurl


def attached(sandbox_type, pod, mode, token):
    """The reference's client on a pod that runs already: what its start() leaves behind, without the pod."""
    import httpx

    client = sandbox_type(
        "busybox:1", namespace=pod["namespace"], mode=mode, exec_token=token, in_cluster=False,
        kube_config_path=os.environ["PODKEEPER_TEST_KUBECONFIG"], delete_on_stop=False)
    client._pod_name, client._pod_ip = pod["name"], pod["ip"]
    if mode == "http":
        client._http = httpx.Client(
            base_url=f"http://{pod['ip']}:8080", timeout=httpx.Timeout(connect=2, read=1800, write=10, pool=2),
            headers={"X-Sandbox-Token": token})
    return client
