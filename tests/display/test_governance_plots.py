"""Pictures of governance: axes in, axes out; what is given is what is drawn."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis.display.governance_plots import (
    plot_ledger,
    plot_parts,
    plot_ranks,
    plot_stances,
    plot_start,
    plot_waiting,
)


def axes():
    return Figure().subplots()


def test_waiting_curves_of_a_place_and_of_all():
    here = pd.DataFrame({"days": [0.0, 1, 2], "waiting": [1, 0.8, 0.5], "conf_low": [np.nan, 0.6, 0.3],
                         "conf_high": [np.nan, 0.9, 0.7]})  # fmt: skip
    given = axes()
    assert plot_waiting(here, here, labels=("here", "all"), ax=given) is given
    assert [line.get_label() for line in given.get_lines()] == ["all", "here"]
    np.testing.assert_allclose(given.get_lines()[1].get_ydata(), [100, 80, 50])
    assert len(plot_waiting(here.iloc[:0], here, labels=("here", "all"), ax=axes()).get_lines()) == 1


def test_stances_draw_a_point_per_group_and_statement():
    nothing = float("nan")
    rows = [("What unites", nothing, nothing, nothing, []), ("12", 0.9, 0.8, 0.95, [(1, 0.92), (2, 0.85)]),
            ("7", 0.5, 0.4, 0.6, [(1, 0.9)])]  # fmt: skip
    ax = plot_stances(rows, labels=["all", "group 1", "group 2"], ax=axes())
    drawn = {line.get_label(): line for line in ax.get_lines() if not line.get_label().startswith("_")}
    np.testing.assert_allclose(sorted(drawn["group 1"].get_xdata()), [90, 92])
    np.testing.assert_allclose(drawn["group 2"].get_xdata(), [85])
    assert drawn["group 1"].get_marker() != drawn["group 2"].get_marker()  # told apart without colour
    assert [t.get_text() for t in ax.get_yticklabels()] == ["What unites", "12", "7"]


def corners(bars):
    """Return the corners of each bar of a shape of bars."""
    return bars.get_path().vertices.reshape(-1, 5, 2)


def test_parts_end_where_the_whole_does():
    ax = plot_parts(
        ["a", "b"], [3, 0], [7, np.nan], labels=("met", "not met"), texts=["30%", "0%"], ax=axes()
    )
    ends = [bar[:, 0].max() for bars in ax.patches for bar in corners(bars)]
    assert ends == [3, 0, 10, 0]
    assert [bars.get_hatch() for bars in ax.patches] == [None, "//"]
    assert {t.get_text().strip() for t in ax.texts} == {"30%", "0%"}


def test_start_is_a_line_or_a_band_or_nothing():
    periods = ["2021-01", "2021-02", "2021-03"]
    line, band, outside = axes(), axes(), axes()
    plot_start(line, periods, "2021-02", "2021-02", "start")
    plot_start(band, periods, "2021-01", "2021-03", "starts")
    plot_start(outside, periods, "2019-01", "2019-05", "start")
    assert len(line.get_lines()) == 1
    assert line.get_lines()[0].get_xdata()[0] == 0.5
    assert len(band.patches) == 1
    assert not outside.get_lines()
    assert not outside.patches


def test_spending_hangs_below_zero():
    table = pd.DataFrame({"income": [90.0, 0], "spent": [0, 40.0], "balance": [90.0, 50]}, index=["a", "b"])
    before = table.copy()
    ax = plot_ledger(table, labels=("in", "out", "left"), ax=axes())
    received, spent = (corners(bars) for bars in ax.patches)
    assert [bar[:, 1].max() for bar in received] == [90, 0]
    assert [bar[:, 1].min() for bar in spent] == [0, -40]
    assert ax.get_legend_handles_labels()[1] == ["in", "out", "left"]
    pd.testing.assert_frame_equal(table, before)


def test_every_rank_stands_with_its_interval():
    table = pd.DataFrame({"name": ["x", "y", "z"], "rank": [1.0, 2, 3], "rank_low": [1.0, 1, 2],
                          "rank_high": [2.0, 3, 3]})  # fmt: skip
    ax = plot_ranks(table, 1, rank_label="rank", ax=axes())
    spans = [tuple(line.get_xdata()) for line in ax.get_lines() if len(line.get_xdata()) == 2]
    assert spans == [(1, 2), (1, 3), (2, 3)]
    points = [line for line in ax.get_lines() if len(line.get_xdata()) == 1]
    assert [p.get_marker() for p in points] == ["o", "D", "o"]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["z", "y", "x"]
