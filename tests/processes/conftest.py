import pandas as pd
import pytest

from analysis.tables.study import Study

PLACES = pd.DataFrame(
    [
        ("D1", "district", None, None),
        ("S1", "street", "D1", None),
        ("A", "community", "S1", 100),
        ("B", "community", "S1", 300),
        ("U", "unit", "B", 50),
        ("C", "community", None, 0),  # in no street or district, and nobody lives there
    ],
    columns=["place_id", "kind", "parent_id", "population"],
)


@pytest.fixture
def make_study():
    """Make a study of three communities from matters (id, community, ...) and steps (id, step, day)."""

    def make(matters=(), steps=(), window=("2021-01", "2021-06"), process="consultation", **frames):
        matters = pd.DataFrame(
            [(*m, *[None] * (4 - len(m))) for m in matters],
            columns=["matter_id", "community_id", "outcome", "satisfaction"],
        ).assign(process=process)
        steps = pd.DataFrame([(*s, *[None] * (4 - len(s))) for s in steps],
                             columns=["matter_id", "step", "time", "actor_id"])  # fmt: skip
        steps["time"] = pd.to_datetime(steps["time"]).astype("datetime64[ns]")
        tables = {"places": PLACES, "matters": matters, "steps": steps} | frames
        return Study.from_frames(tables, window=window)

    return make


@pytest.fixture
def value_of():
    """Look up (value, n, std_error) of one cell."""

    def value(frame, place, period, measure):
        cell = frame[
            (frame["place_id"] == place) & (frame["period"] == period) & (frame["measure"] == measure)
        ]
        assert len(cell) == 1
        return tuple(cell[["value", "n", "std_error"]].iloc[0])

    return value
