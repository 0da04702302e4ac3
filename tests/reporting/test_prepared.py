"""What is laid out for reports holds what the frames of the city stage hold, and nothing that is masked."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.display.text import Text
from analysis.reporting import DistrictReport, load_city
from analysis.reporting.disclosure import mask_measures, tidy_measures
from analysis.reporting.masked import COURSES, WHOLE, mask, masked_from, read_masked
from analysis.reporting.prepared import GRADES, OFFSETS, SHARED, STUDY, owner_column, rows_of
from analysis.tables.periods import ALL


@pytest.fixture(scope="module")
def stored(city, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored") / "city"
    city.write(folder)
    return load_city(folder)


@pytest.fixture(scope="module")
def table(city):
    frames = dict(city.frames)
    return mask_measures(tidy_measures(frames), Text("en").measure, frames["hidden"])


def test_lookups_give_what_the_masked_table_holds(city, stored, table):
    districts = set(city.frames["places"].query("kind == 'district'")["place_id"])
    for masked in (
        stored.frames.prepared.masked,
        mask(city.frames, city.meta["periods"], Text("en").measure),
    ):
        assert masked.names == sorted(table.index.unique("measure"))
        seen = 0
        for (measure, period, place), row in zip(table.index, table.to_numpy(float), strict=True):
            if period == ALL or place in districts:
                np.testing.assert_array_equal(masked.number(measure, place, period), row)
                seen += 1
        shown = sum((~np.isnan(numbers[0])).sum() for numbers in (masked.whole, masked.courses))
        assert seen >= shown > 1000  # nothing is there that the table has not


def test_no_value_of_a_hidden_cell_is_stored(stored):
    hidden = stored.frames["hidden"]
    masked = read_masked(stored.folder)
    assert len(hidden) > 5
    for row in hidden[hidden["place_id"] != ""].itertuples():
        value, n, error = masked.number(row.measure, row.place_id, row.period)
        assert np.isnan([value, error]).all()
        assert n == 1


def test_a_masked_table_made_into_arrays_is_the_same(table):
    masked = masked_from(table)
    for key in table.index[:: len(table) // 200]:
        measure, period, place = key
        np.testing.assert_array_equal(masked.number(measure, place, period), table.loc[key].to_numpy(float))
    assert np.isnan(masked.number("no_such_measure", place)[0])
    assert np.isnan(masked.among(masked.names[0], [place, "nowhere"])[0, 1])


def test_rows_of_every_owner_are_those_of_the_frames(stored):
    prepared = stored.frames.prepared
    places = stored.frames["places"]
    owners = [*places.loc[places["kind"] == "district", "place_id"], ALL, STUDY, "nobody"]
    laid_out = 0
    for name, frame in stored.frames.items():
        for owner in owners:
            rows = prepared.rows(name, owner)
            if rows is not None:
                pd.testing.assert_frame_equal(rows, rows_of(frame, owner))
                laid_out += len(rows)
        if prepared.rows(name, STUDY) is not None:
            assert owner_column(frame)
    assert laid_out > 100
    for name in SHARED:
        pd.testing.assert_frame_equal(prepared.shared(name), stored.frames[name])
    assert {"reform", "outcome", "grade"} <= set(prepared.shared(GRADES))


def test_a_report_reads_no_frame_of_measures(stored):
    frames = type(stored.frames)(stored.folder, tuple(stored.frames))
    report = DistrictReport(replace(stored, frames=frames), "D01", "en")
    for name in ("glance", "figures", "coverage", "burden"):
        report.section(name)
    assert not frames._read


def test_frames_that_were_replaced_are_the_ones_read(stored):
    outcomes = stored.frames["outcomes"]
    doubled = replace(
        stored, frames=stored.frames | {"outcomes": outcomes.assign(value=outcomes["value"] * 2)}
    )
    before, after = (DistrictReport(one, "D01", "en").value("trust")[0] for one in (stored, doubled))
    assert after == pytest.approx(2 * before)


def test_a_stage_of_an_older_version_is_read_from_its_frames(city, stored, tmp_path):
    folder = tmp_path / "old"
    city.write(folder)
    for name in (OFFSETS, WHOLE, COURSES):
        (folder / name).unlink()
    old = load_city(folder)
    assert old.frames.prepared is None
    pair = [DistrictReport(one, "D01", "en") for one in (old, stored)]
    assert pair[0].value("trust") == pair[1].value("trust")
    assert str(pair[0].section("needs")) == str(pair[1].section("needs"))
