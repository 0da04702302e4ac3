"""The result types: columns, words, copies, pictures, and a light import."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from analysis.effects import att_gt, event_study, imputation, twfe
from analysis.effects.results.estimate import COLUMNS, STATUS, add_inference
from analysis.effects.results.notes import TEMPLATES, Note

KEYS = {"unit": "unit", "time": "period", "cohort": "cohort"}


@pytest.fixture
def results(panel):
    effects = att_gt(panel[panel["cohort"].notna()], "y", **KEYS, n_boot=50)
    return [
        effects.cells,
        *(effects.aggregate(kind) for kind in ("overall", "event_time", "cohort", "calendar_time")),
        event_study(panel, "y", **KEYS),
        imputation(panel, "y", **KEYS),
        twfe(panel, "y", unit="unit", time="period", treatment="treated"),
    ]


def test_every_table_has_the_same_first_columns(results):
    for result in results:
        assert tuple(result.table.columns[: len(COLUMNS)]) == COLUMNS
        assert result.table["identified"].dtype == bool
        assert set(result.table["status"]) <= set(STATUS)
        assert result.table["term"].is_unique
        assert result.table.index.tolist() == list(range(len(result.table)))
        figures = result.table[list(COLUMNS[1:7])]
        assert figures[~result.table["identified"]].isna().all(axis=None)
        assert figures[result.table["identified"]].notna().all(axis=None)


def test_figures_of_a_row_belong_together(results):
    from scipy.stats import norm

    table = results[1].table
    assert table["statistic"].iloc[0] == pytest.approx(table["estimate"].iloc[0] / table["std_error"].iloc[0])
    assert table["p_value"].iloc[0] == pytest.approx(2 * norm.sf(abs(table["statistic"].iloc[0])))
    low = table["estimate"].iloc[0] - norm.ppf(0.975) * table["std_error"].iloc[0]
    assert table["conf_low"].iloc[0] == pytest.approx(low)


def test_inference_by_hand():
    row = pd.DataFrame(add_inference(np.array([2.0, 1.0, 3.0]), np.array([1.0, 0.0, np.nan]), df=4))
    assert row["conf_high"].iloc[0] == pytest.approx(2 + 2.776445)  # t(0.975, 4), from any table
    assert row["p_value"].iloc[0] == pytest.approx(0.116117, abs=1e-6)
    assert row[["std_error", "statistic", "p_value", "conf_low"]].iloc[1:].isna().all(axis=None)


def test_tables_handed_out_are_copies(results):
    tidy = results[0].tidy()
    tidy["estimate"] = 0.0
    assert (results[0].table["estimate"].dropna() != 0).any()


def test_results_are_frozen_and_survive_copy_and_pickle(panel, results):
    with pytest.raises(AttributeError):
        results[0].estimator = "another"
    effects = att_gt(panel, "y", **KEYS, n_boot=0)
    for again in (pickle.loads(pickle.dumps(effects)), copy.deepcopy(effects)):
        pd.testing.assert_frame_equal(
            again.aggregate("event_time").table, effects.aggregate("event_time").table
        )
        assert again.notes == effects.notes
        assert [note.code for note in again.notes] == [note.code for note in effects.notes]


def test_words_name_the_estimand_and_the_limits_and_judge_nothing(results):
    for result in results:
        text, page = result.summary(), result._repr_html_()
        assert result.outcome in text
        assert str(result.estimand) in text
        assert all(str(note) in text for note in result.notes)
        assert "<table" in page
        assert "<li>" in page
        for word in ("significant", "***", "**"):
            assert word not in text + page
        assert all(isinstance(note, Note) and note.code in TEMPLATES for note in result.notes)


def test_html_escapes_column_names(panel):
    odd = panel.rename(columns={"y": "<script>y</script>"})
    assert "<script>" not in att_gt(odd, "<script>y</script>", **KEYS, n_boot=0)._repr_html_()


def test_glance_counts(panel):
    row = (
        twfe(panel, "y", unit="unit", time="period", treatment="treated", cluster="district").glance().iloc[0]
    )
    assert (row["n_rows"], row["n_obs"], row["n_units"], row["n_treated"]) == (320, 320, 40, 24)
    assert (row["cluster"], row["n_clusters"]) == ("district", 10)


def test_plots_draw_on_the_axes_given(results):
    import matplotlib.pyplot as plt

    for result in results:
        figure, ax = plt.subplots()
        assert result.plot(ax=ax) is ax
        assert ax.has_data()
        missing = int((~result.table["identified"] & (result.table["status"] != "reference")).sum())
        texts = " ".join(text.get_text() for text in ax.texts)
        assert (f"{missing} not identified" in texts) == (missing > 0)
        plt.close(figure)


def test_plot_makes_its_own_axes(panel):
    import matplotlib.pyplot as plt

    ax = att_gt(panel, "y", **KEYS, n_boot=0).plot()
    assert ax.get_xlim()[0] <= -4
    plt.close(ax.figure)


def test_import_is_light():
    code = "import sys, analysis.effects; print([m for m in {} if m in sys.modules])".format(
        ["diff_diff", "pyfixest", "statsmodels", "matplotlib", "scipy", "numba", "networkx"]
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
