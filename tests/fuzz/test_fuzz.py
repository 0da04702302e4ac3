"""Every reader, settings file and parser under what hypothesis thinks of: only our errors may come out."""

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from seeds import seeds, words
from targets import TARGETS

WORDS = [bytes.fromhex(line.strip('"').replace("\\x", "")) for line in words().splitlines()]
SLOW = ("check", "init", "excel", "duckdb", "text")


@st.composite
def _changed(draw, sound):
    """One of the sound inputs, with parts of it cut out, doubled or replaced."""
    data = draw(st.sampled_from(sound))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 40)))
        put = draw(st.one_of(st.binary(max_size=8), st.sampled_from(WORDS), st.just(data[start:end] * 2)))
        data = data[:start] + put + data[end:]
    return data


@pytest.mark.parametrize("name", TARGETS)
def test_only_our_errors_come_out(name):
    @settings(
        max_examples=8 if name in SLOW else 30, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.one_of(_changed(seeds()[name]), st.binary(max_size=200)))
    def run(data):
        TARGETS[name](data)

    run()


def test_the_targets_read_what_is_sound(monkeypatch):
    """A harness that refused everything would find nothing: its seeds have to reach the rows."""
    import targets

    read = []
    monkeypatch.setattr(targets, "read_raw", _noting(read, targets.read_raw))
    for name in ("text", "lines", "excel", "parquet", "duckdb", "study"):
        before = len(read)
        TARGETS[name](seeds()[name][0])
        assert len(read) > before, name


def _noting(read, function):
    def noted(*arguments):
        found = function(*arguments)
        assert found.rows_in >= 1
        read.append(found)
        return found

    return noted
