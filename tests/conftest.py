"""What several tests share: the repository, the acceptance data where they are at hand, a private key."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command does; before numpy is imported
os.umask(0o077)  # keys that tests write are their owner's alone, or they are refused

REPOSITORY = Path(__file__).parents[1]
DATASETS = REPOSITORY.parent / "shared" / "datasets"


@pytest.fixture(autouse=True)
def _own_key(tmp_path_factory, monkeypatch):
    key = tmp_path_factory.getbasetemp() / "pseudonym.key"
    if not key.exists():
        key.write_bytes(b"0" * 64)
        key.chmod(0o600)
    monkeypatch.setenv("GONGZHI_KEY_FILE", str(key))


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def datasets() -> Path:
    if not DATASETS.is_dir():
        pytest.skip("the acceptance data (shared/datasets beside the repository) are not here")
    return DATASETS
