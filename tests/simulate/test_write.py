"""What a city's tables look like as files."""

import io

import pandas as pd

from analysis.simulate.write import _csv


def test_dates_stay_in_their_rows_whatever_the_index():
    days = pd.to_datetime(["2021-03-07", None, "2021-01-02"])
    frame = pd.DataFrame({"name": ["a", "b", "c"], "start": days.astype("datetime64[ns]")}, index=[7, 2, 5])
    written = pd.read_csv(io.BytesIO(_csv(frame)), keep_default_na=False)
    assert written.to_dict("list") == {"name": ["a", "b", "c"], "start": ["2021-03-07", "", "2021-01-02"]}
