"""A report made of a few figures by hand."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.display.text import Text
from analysis.reporting.masked import masked_from
from analysis.reporting.prepared import outcome_names, rows_of


class Handmade:
    """What findings look at in a report: measures, districts, periods, texts and frames."""

    def __init__(
        self, rows, *, district="A", districts=("A", "B", "C"), periods=(), period="month", **frames
    ):
        table = pd.DataFrame(rows, columns=["measure", "period", "place_id", "value", "n", "std_error"])
        table["value"] = table["value"].astype(float).mask((table["n"] > 0) & (table["n"] < 5))
        self.measures = table.set_index(["measure", "period", "place_id"]).sort_index()
        self.masked = masked_from(self.measures)
        self.district, self.districts, self.periods = district, list(districts), list(periods)
        self.text = Text("en")
        frames.setdefault("outcomes", pd.DataFrame({"measure": []}))
        self.city = SimpleNamespace(meta={"period": period}, frames=frames)

    def rows(self, name):
        frame = self.city.frames.get(name, pd.DataFrame({"district_id": []}))
        return rows_of(frame, self.district)

    def outcomes(self):
        return outcome_names(self.city.frames["outcomes"])["measure"].tolist()


@pytest.fixture
def handmade():
    return Handmade


@pytest.fixture
def monthly():
    """Rows of a measure in a number of months: value, n and standard error of each, from drawn samples."""

    def draw(samples, measure="request_satisfaction", place="A", first=0):
        months = [f"20{20 + (first + k) // 12}-{(first + k) % 12 + 1:02d}" for k in range(len(samples))]
        rows = [
            (measure, month, place, np.mean(x), len(x), np.std(x, ddof=1) / np.sqrt(len(x)))
            for month, x in zip(months, samples, strict=True)
        ]
        return rows, months

    return draw
