"""What the fifteen systems share: small tables in few words, one cell of a result, a study held as files."""

import numpy as np
import pandas as pd
import pytest

from analysis.tables import open_study
from analysis.tables.study import Study


@pytest.fixture(scope="session")
def frame():
    """Make a table from the names of its columns, in one text, and its rows."""

    def make(columns, rows):
        return pd.DataFrame(list(rows), columns=columns.split())

    return make


@pytest.fixture(scope="session")
def hold():
    """Make a study; words in columns of times become times."""

    def make(window, *, period="month", procedures=(), **frames):
        times = ("time", "opened", "closed", "completed", "booked", "published", "start", "end", "joined")
        for name, table in frames.items():
            given = [column for column in times if column in table]
            stamps = {column: pd.to_datetime(table[column], format="ISO8601") for column in given}
            frames[name] = table.assign(**stamps)
        return Study.from_frames(frames, window=window, period=period, procedures=tuple(procedures))

    return make


@pytest.fixture
def survives(tmp_path):
    """Write a study to files, open these, and require that nothing is amiss and no row is lost."""

    def check(study):
        for name, table in study.frames.items():
            if len(table):
                table.to_csv(tmp_path / f"{name}.csv", index=False)
        first, last = study.window
        words = f'[study]\nperiod = "{study.period}"\nfrom = "{first}"\nuntil = "{last}"\n'
        (tmp_path / "study.toml").write_text(words, encoding="utf-8")
        found = open_study(tmp_path)
        assert not len(found.problems[found.problems["level"] != "note"]), found.problems.to_string()
        sizes = {name: len(table) for name, table in study.frames.items()}
        assert {name: len(table) for name, table in found.frames.items()} == sizes

    return check


@pytest.fixture(scope="session")
def cell():
    """Look up one value: the only row in which columns have the given values."""

    def value(table, column="value", **keys):
        rows = table
        for name, wanted in keys.items():
            rows = rows[rows[name] == wanted]
        assert len(rows) == 1, f"{len(rows)} rows with {keys}"
        return rows[column].iloc[0]

    return value


@pytest.fixture(scope="session")
def trending():
    """Make the outcomes of places that differ in level, share a trend, and gain from their start on.

    `starts` maps a place to the number of its first treated period and its gain; the true average effect
    is then known without estimating.
    """

    def make(places, periods, starts, measure="satisfaction"):
        rows = [
            (place, period, measure, 50 + i % 7 + 0.5 * t + (gain if t >= first else 0.0), 100)
            for i, place in enumerate(places)
            for first, gain in [starts.get(place, (np.inf, 0.0))]
            for t, period in enumerate(periods)
        ]
        return pd.DataFrame(rows, columns=["place_id", "period", "measure", "value", "n"])

    return make
