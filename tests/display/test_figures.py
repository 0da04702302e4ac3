"""Figures as people get them: small, sharp, described from their data, with dates in their language."""

import io
import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from analysis.display.alt import against_words, course_words
from analysis.display.figures import COLOURS, DPI, figure_html, figure_png, new_axes, style
from analysis.display.html import table
from analysis.display.numbers import format_number, format_period
from analysis.display.plots import legend_below, plot_course, plot_funnel, plot_layers
from analysis.display.text import Text

PERIODS = ["2020-11", "2020-12", "2021-01", "2021-02"]


def test_periods_are_written_as_people_write_them():
    written = {
        "2021-03": ("March 2021", "2021年3月"),
        "2021Q2": ("Q2 2021", "2021年第2季度"),
        "2021": ("2021", "2021年"),
        "2021-03-05": ("5 March 2021", "2021年3月5日"),
        "all": ("all", "all"),
        "2021-13": ("2021-13", "2021-13"),
    }
    for label, both in written.items():
        assert (format_period(label, "en"), format_period(label, "zh")) == both
    assert format_period("2021-03", "en", short=True) == "Mar 2021"
    assert format_period("2021-09-30", "en", short=True) == "30 Sep 2021"


def test_large_counts_carry_no_decimal():
    assert [format_number(v, "count") for v in (1171.0, 999.94, 92.44)] == ["1,171", "999.9", "92.4"]
    assert format_number(-1234.56, "hours", signed=True) == "−1,235"
    assert format_number(0.123456, "share") == "12.3%"


def test_alt_text_says_first_last_extremes_and_when():
    values = pd.Series([np.nan, 0.2, 0.5, 0.1], index=PERIODS)
    assert course_words(Text("en"), "Active", values, "share") == (
        "Active: 20.0% in December 2020, 10.0% in February 2021; lowest 10.0% (February 2021), "
        "highest 50.0% (January 2021)."
    )
    assert course_words(Text("zh"), "活跃", values, "share") == (
        "活跃：2020年12月为20.0%，2021年2月为10.0%；最低10.0%（2021年2月），最高50.0%（2021年1月）。"
    )
    others = pd.DataFrame(
        {"a": [0.1, 0.1, 0.1, 0.1], "b": [0.3, 0.5, 0.3, 0.3]}, index=PERIODS
    )  # medians .2 .3
    assert against_words(Text("en"), values, others, "share") == (
        "Above the median of the other districts in 1 of 3 periods, below it in 2; "
        "at the end 10.0% against 20.0%."
    )
    assert against_words(Text("en"), values, others.iloc[:, :0], "share") == ""
    assert "no values" in course_words(Text("en"), "Active", values * np.nan, "share")
    assert course_words(Text("en"), "A", values * 0, "share").count("0.0%") == 1


@pytest.mark.parametrize(("language", "label"), [("zh", "2020年11月"), ("en", "Nov 2020")])
def test_axes_bear_dates_in_the_language_drawn_in(language, label):
    with style(language):
        ax = plot_layers(pd.DataFrame({"a": [1.0, 2, 3, 4]}, index=PERIODS), labels=["a"])
    assert ax.get_xticklabels()[0].get_text() == label
    assert (
        plot_layers(pd.DataFrame({"a": [1.0]}, index=["2021"]), labels=["a"]).get_xticklabels()[0].get_text()
    )


def _drawn():
    with style("zh"):
        series = pd.Series([1.0, 2, 3, 4], index=PERIODS)
        return plot_course(series, pd.DataFrame(index=PERIODS), labels=("本区", "b", "c")).figure


def test_png_is_white_small_the_same_each_time_and_keeps_our_colours():
    first = figure_png(_drawn())
    assert first == figure_png(_drawn())
    image = Image.open(io.BytesIO(first))
    assert image.mode == "P"
    assert image.size == (round(7.4 * DPI), round(2.4 * DPI))
    colours = {colour for _, colour in image.convert("RGB").getcolors(10**6)}
    assert (255, 255, 255) in colours
    here = tuple(int(COLOURS["here"][at : at + 2], 16) for at in (1, 3, 5))
    assert min(max(abs(a - b) for a, b in zip(here, c, strict=True)) for c in colours) <= 3
    assert len(first) < 40_000


def test_figure_html_takes_figures_and_what_was_drawn_before():
    figure = _drawn()
    html = figure_html(figure, alt='a "quoted" <alt>', caption="c")
    assert html == figure_html(figure_png(_drawn()), alt='a "quoted" <alt>', caption="c")
    assert 'alt="a &quot;quoted&quot; &lt;alt&gt;" width="710" height="230"' in html
    assert new_axes().figure.dpi == DPI


def test_columns_of_words_stand_left_and_of_numbers_right():
    rows = [("a", "63.5", "lower", "[1, 2]"), ("b", "", "higher", "–"), ("c", "−2", "", "")]
    html = table(("m", "n", "w", "i"), rows)
    assert re.findall(r"<th( class=\"number\")?[^>]*?>[mnwi]<", html.replace(' scope="col"', "")) == [
        "", ' class="number"', "", ' class="number"'
    ]  # fmt: skip
    assert html.count('<td class="number">') == 6


@pytest.mark.parametrize("language", ["zh", "en"])
def test_axes_lie_where_a_constrained_layout_puts_them(language):
    def draw(engine=None):
        axes = new_axes(height=4.0, rows=2, columns=2)
        if engine:
            axes[0][0].figure.set_layout_engine(engine)
        axes[0][0].get_gridspec().set_height_ratios([1, 2])
        for number, ax in enumerate(axes.ravel()):
            ax.plot([0, 10 ** (number + 1)], label=f"线 line {number}")
            ax.set_title("标题 title")
        axes[0][0].set(xlabel="月 month", ylabel="社区 communities")
        axes[1][0].set_yticks([0, 1000], ["零", "一个相当长的名称 a rather long name"])
        axes[1][1].set_visible(False)
        legend_below(axes[0][0])
        figure_png(axes[0][0].figure)
        return np.array([ax.get_position().bounds for ax in axes.ravel()])

    with style(language):
        assert draw() == pytest.approx(draw("constrained"), abs=0.004)


def test_words_beside_bars_stay_in_the_picture():
    with style("zh"):
        ax = plot_funnel(["提出"], [1_000_000])
        ax.texts[0].set_text("一百万件（百分之百）" * 4)
        figure_png(ax.figure)
        inside = ax.figure.get_tightbbox()
    assert inside.x0 >= 0
    assert inside.x1 <= ax.figure.get_size_inches()[0]
