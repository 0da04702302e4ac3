"""What several tests share: the repository, the acceptance data where they are at hand, a private key."""

import os
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
