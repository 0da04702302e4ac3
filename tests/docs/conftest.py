"""Where the blocks of a page run: a folder with the example study under the names that pages use."""

import shutil

import pytest


@pytest.fixture
def workplace(repository, tmp_path, monkeypatch):
    example = repository / "data" / "examples" / "small-city"
    shutil.copytree(example.parent, tmp_path / "data" / "examples")
    for name in ("my-study", "my-city"):  # the reader's own; as `gongzhi simulate my-city` writes it
        shutil.copytree(example, tmp_path / name)
    (tmp_path / "reports").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path
