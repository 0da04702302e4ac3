"""What several tests share: the repository, the acceptance data where they are at hand, a private key,
a browser, a Dask cluster."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command does; before numpy is imported
os.umask(0o077)  # keys that tests write are their owner's alone, or they are refused

REPOSITORY = Path(__file__).parents[1]
DATASETS = REPOSITORY.parent / "shared" / "datasets"


@pytest.fixture(scope="session")
def private_key(tmp_path_factory) -> Path:
    """The key of the tests; a fixture that outlives one test must name it in GONGZHI_KEY_FILE itself."""
    key = tmp_path_factory.getbasetemp() / "pseudonym.key"
    key.write_bytes(b"0" * 64)
    key.chmod(0o600)
    return key


@pytest.fixture(autouse=True)
def _own_key(private_key, monkeypatch):
    monkeypatch.setenv("GONGZHI_KEY_FILE", str(private_key))


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def datasets() -> Path:
    if not DATASETS.is_dir():
        pytest.skip("the acceptance data (shared/datasets beside the repository) are not here")
    return DATASETS


@pytest.fixture(scope="module")
def browser_arguments() -> list[str]:
    """What the browser of a module is started with; a module that visits a server of its own overrides it."""
    from analysis.reporting.documents.browser import launch_arguments

    return launch_arguments()


@pytest.fixture(scope="module")  # a second driver in one process is refused, so none outlives its module
def browser(browser_arguments, tmp_path_factory):
    from analysis.reporting.documents.browser import find_browser, font_environment

    path = find_browser()
    if path is None:
        pytest.skip("no Chromium, Chrome or Edge on this machine")
    from playwright.sync_api import sync_playwright

    fonts = font_environment(str(tmp_path_factory.mktemp("fonts")))
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=browser_arguments, env=fonts)
        yield opened
        opened.close()


DASK = [sys.executable, "-m", "dask"]
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


@pytest.fixture
def scheduler(tmp_path):
    """Address and process of a Dask scheduler that has no workers yet."""
    file = tmp_path / "scheduler.json"
    here = ["--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file), "--no-dashboard"]
    process = subprocess.Popen([*DASK, "scheduler", *here], **QUIET)
    try:
        deadline = time.monotonic() + 60
        while not file.exists() or not file.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield json.loads(file.read_text())["address"], process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def cluster(scheduler, tmp_path):
    """Address of a Dask scheduler, and the processes of its two workers."""
    from distributed import Client

    address, _ = scheduler
    worker = [*DASK, "worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    workers = [subprocess.Popen(worker, cwd=tmp_path, **QUIET) for _ in range(2)]
    try:
        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=120)
        yield address, workers
    finally:
        for process in workers:
            process.kill()
            process.wait()
