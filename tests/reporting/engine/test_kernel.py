"""The kernel `Gongzhi (warm)`, through the client that JupyterLab uses."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import psutil
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from analysis.reporting.engine import can_fork, provisioner

NAME = "gongzhi-warm"
pytestmark = pytest.mark.skipif(not can_fork(), reason="forking is not safe on this system")


@pytest.fixture(scope="module")
def kernels():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(provisioner, "WARM", "builtins:dict")
        opened = provisioner.Kernels()
        patch.setattr(provisioner, "kernels", lambda: opened)
        assert opened.ready(60)
        yield opened
        opened._zygote.close()


@pytest.fixture
def started(kernels):
    manager = KernelManager(kernel_name=NAME)
    manager.start_kernel(extra_arguments=["--log-level=50"])
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(60)
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def ask(client, code):
    """Run a cell; return its outputs as (type, text or name of the error)."""
    seen = []
    client.execute_interactive(code, timeout=60, output_hook=lambda message: seen.append(message))
    told = [(m["msg_type"], m["content"]) for m in seen]
    found = [
        (kind, c.get("text") or c.get("ename") or c.get("data", {}).get("text/plain")) for kind, c in told
    ]
    return [pair for pair in found if pair[1]]


def test_the_kernel_is_installed_with_the_package():
    spec = KernelSpecManager().get_kernel_spec(NAME)
    assert spec.display_name == "Gongzhi (warm)"
    assert spec.metadata["kernel_provisioner"]["provisioner_name"] == NAME
    said = subprocess.run(
        [sys.executable, "-m", "jupyter", "kernelspec", "list", "--json"], capture_output=True, check=True
    )
    assert NAME in json.loads(said.stdout)["kernelspecs"]


def test_a_kernel_runs_is_interrupted_restarted_and_ended(started, kernels):
    manager, client = started
    pid = manager.provisioner.forked
    assert psutil.Process(pid).ppid() == kernels._zygote.pid
    assert ask(client, "word = '区'; print(word); word") == [("stream", "区\n"), ("execute_result", "'区'")]
    assert ask(client, "import os; os.getcwd()") == [("execute_result", repr(os.getcwd()))]
    assert ask(client, "%matplotlib inline\nimport matplotlib.pyplot as plt; plt.plot([1]);")[-1][
        1
    ].startswith("<Figure")

    threading.Timer(0.5, manager.interrupt_kernel).start()
    start = time.monotonic()
    assert ask(client, "import time; time.sleep(60)") == [("error", "KeyboardInterrupt")]
    assert time.monotonic() - start < 30
    assert ask(client, "word") == [("execute_result", "'区'")]

    left = ask(client, "import subprocess; subprocess.Popen(['sleep', '600'], start_new_session=True).pid")[
        0
    ][1]
    manager.restart_kernel()
    client.wait_for_ready(60)
    assert manager.provisioner.forked != pid
    assert not psutil.pid_exists(pid)
    assert not psutil.pid_exists(int(left))
    assert ask(client, "'word' in globals()") == [("execute_result", "False")]

    assert manager.is_alive()
    manager.shutdown_kernel()
    assert not manager.is_alive()
    assert not psutil.Process(kernels._zygote.pid).children()


def test_a_kernel_is_handed_over_once_it_listens(kernels):
    manager = KernelManager(kernel_name=NAME)
    manager.start_kernel(extra_arguments=["--log-level=50"])
    try:
        info = manager.get_connection_info()
        socket.create_connection((info["ip"], info["iopub_port"]), timeout=1).close()
    finally:
        manager.shutdown_kernel(now=True)


def test_a_kernel_that_dies_is_seen_to(started):
    manager, _ = started
    assert manager.is_alive()
    os.kill(manager.provisioner.forked, signal.SIGKILL)
    until = time.monotonic() + 10
    while manager.is_alive() and time.monotonic() < until:
        time.sleep(0.05)
    assert not manager.is_alive()


def test_before_the_warmed_process_is_ready_a_kernel_starts_as_ever(monkeypatch):
    class Cold:
        def ready(self, seconds=0):
            return False

    monkeypatch.setattr(provisioner, "kernels", Cold)
    manager = KernelManager(kernel_name=NAME)
    manager.start_kernel(extra_arguments=["--log-level=50"])
    try:
        assert manager.provisioner.forked is None
        assert psutil.Process(manager.provisioner.pid).ppid() == os.getpid()
        assert manager.is_alive()
    finally:
        manager.shutdown_kernel(now=True)
    assert not manager.is_alive()


def test_a_server_that_is_killed_leaves_no_kernel(tmp_path):
    code = (
        "import time\nfrom pathlib import Path\nfrom jupyter_client.manager import KernelManager\n"
        "from analysis.reporting.engine import provisioner\nprovisioner.WARM = 'builtins:dict'\n"
        "assert provisioner.kernels().ready(60)\n"
        f"manager = KernelManager(kernel_name={NAME!r})\nmanager.start_kernel()\n"
        "client = manager.client(); client.start_channels(); client.wait_for_ready(60)\n"
        f"Path({str(tmp_path / 'ready')!r}).touch()\ntime.sleep(600)"
    )
    server = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while not (tmp_path / "ready").exists():
        assert time.monotonic() < until
        time.sleep(0.05)
    theirs = psutil.Process(server.pid).children(recursive=True)
    assert len(theirs) == 2
    server.kill()
    server.wait()
    assert not psutil.wait_procs(theirs, timeout=10)[1]
