"""A real JupyterLab of `gongzhi lab`, with a home of its own, that writes down whom it talks to."""

import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

# in every Python of the server, its warmed process and its kernels
WATCH = """import os, sys
def tell(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname"):
        address = arguments[1] if event == "socket.connect" else arguments[0]
        host = address[0] if isinstance(address, tuple) else address
        with open(os.environ["WATCHED"], "a") as file:
            print(host, file=file)
sys.addaudithook(tell)
"""
HERE = {"localhost", "127.0.0.1", "::1", "0.0.0.0", ""}


def free_port() -> int:
    """Return a port that nobody has, below those that the system deals out by itself."""
    for port in random.SystemRandom().sample(range(20_000, 30_000), 100):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("no free port")


class Lab:
    """A server, what it printed, and all processes that came from it."""

    def __init__(self, home: Path, *options: str) -> None:
        self.home, self.folder = home, home / "notebooks"
        self.said, self.watched = home / "said.txt", home / "watched.txt"
        self._seen: set[psutil.Process] = set()
        self.watched.touch()
        root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        port = [] if "--port" in options else ["--port", str(free_port())]
        command = [sys.executable, "-m", "analysis", "lab", str(self.folder), "--no-browser"]
        with self.said.open("w") as said:
            self.process = subprocess.Popen(
                [*command, *root, *port, *options],
                env=self._environment(),
                cwd=home,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )
        self.port, self.token = self._address()
        self.url = f"http://127.0.0.1:{self.port}"

    def _environment(self) -> dict[str, str]:
        names = ("DATA", "RUNTIME", "CONFIG")
        folders = {f"JUPYTER_{name}_DIR": self.home / f"jupyter-{name.lower()}" for name in names}
        for folder in (*folders.values(), self.home / "watch"):
            folder.mkdir(exist_ok=True)
        settings = {"KernelManager": {"transport": "ipc"}}  # parallel tests cannot take one another's ports
        (folders["JUPYTER_CONFIG_DIR"] / "jupyter_server_config.json").write_text(json.dumps(settings))
        (self.home / "watch" / "sitecustomize.py").write_text(WATCH)
        own = {"HOME": self.home, "PYTHONPATH": self.home / "watch", "WATCHED": self.watched, **folders}
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "PYTEST", "XDG"))}
        return kept | {name: str(value) for name, value in own.items()}

    def _address(self) -> tuple[int, str]:
        """Port and token, once the server answers: it says its address shortly before it listens."""
        for _ in range(600):
            if found := re.search(r"127\.0\.0\.1:(\d+)/lab\S*token=(\w{48})\s", self.said.read_text()):
                with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", int(found[1]))):
                    return int(found[1]), found[2]
            assert self.process.poll() is None, self.said.read_text()
            time.sleep(0.1)
        raise AssertionError(self.said.read_text())

    def below(self) -> list[psutil.Process]:
        """The processes that came from the server and live."""
        self._seen |= set(psutil.Process(self.process.pid).children(recursive=True))
        return [process for process in self._seen if process.is_running()]

    def ask(self, path: str, *, body: object = None, method: str | None = None, token: bool = True):
        """Ask the server; return what JSON says, or text."""
        head = {"Authorization": f"token {self.token}"} if token else {}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}{path}", data=data, headers=head, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read().decode()
        return json.loads(text) if text.startswith(("{", "[")) else text

    def zygote(self) -> psutil.Process:
        """The warmed process, once it is ready: until then kernels start as ever."""
        children = psutil.Process(self.process.pid).children()
        (zygote,) = [child for child in children if "analysis.reporting.engine.zygote" in child.cmdline()]
        for _ in range(120):
            kernel = self.ask("/api/kernels", body={"name": "gongzhi-warm"})
            forked = bool(zygote.children())
            self.ask(f"/api/kernels/{kernel['id']}", method="DELETE")
            if forked:
                return zygote
            time.sleep(0.5)
        raise AssertionError("the warmed process does not get ready")

    def stop(self, signum: int = signal.SIGTERM) -> list[psutil.Process]:
        """End the server; return what is still there of it after a while."""
        self.below()
        self.process.send_signal(signum)
        self.process.wait(30)
        return psutil.wait_procs(self._seen, timeout=10)[1]

    def strangers(self) -> set[str]:
        """The hosts outside this machine that were looked up or called."""
        hosts = set(self.watched.read_text().splitlines()) - HERE
        return {host for host in hosts if not host.startswith("/")}  # a socket in the file system


@pytest.fixture(scope="module")
def open_lab():
    """Start servers; all are ended, whatever happens."""
    homes, labs = [], []

    def start(*options: str) -> Lab:
        homes.append(Path(tempfile.mkdtemp(prefix="lab-", dir="/tmp" if os.path.isdir("/tmp") else None)))
        labs.append(Lab(homes[-1], *options))
        return labs[-1]

    yield start
    for lab in labs:
        if lab.process.poll() is None:
            lab.below()
            lab.process.kill()
            lab.process.wait()
        for process in lab._seen:
            if process.is_running():
                process.kill()
    for home in homes:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def lab(open_lab):
    """A server; when it ends nothing is left of it, and it talked to nobody elsewhere."""
    opened = open_lab()
    yield opened
    assert opened.stop() == []
    assert opened.watched.read_text()
    assert opened.strangers() == set()
