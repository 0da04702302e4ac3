"""Figures at journals' sizes: how wide, which letters, no text over another, the same bytes."""

import io
import re
import warnings
import zlib

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from analysis.display.effect_plots import plot_course_of_effect, plot_forest
from analysis.display.figures import new_axes, style
from analysis.display.plots import legend_below, mark_periods, plot_funnel
from analysis.errors import AnalysisError
from analysis.publishing import JOURNALS, figure_width, save_figure
from analysis.publishing.fitting import fitted
from analysis.publishing.sizes import MM_PER_INCH

COURSE = pd.DataFrame(
    {"event_time": range(-15, 16), "estimate": 0.5, "conf_low": -9.5, "conf_high": 11.5, "identified": True}
)
NAMES = {
    "en": (
        "Callaway-Sant'Anna",
        "Imputation (Borusyak-Jaravel-Spiess)",
        "Stacked regression with clean controls",
    ),
    "zh": ("Callaway-Sant'Anna", "插补法（Borusyak-Jaravel-Spiess）", "以从未实施单位为对照的堆叠回归方法"),
}
SENTENCE = {
    "en": "effect of the reform (percentage points) by months since adoption",
    "zh": "改革实施后各月的效应（百分点）" * 3,
}


def course(language):
    return plot_course_of_effect(COURSE, labels=(SENTENCE[language], SENTENCE[language])).figure


def forest(language):
    rows = [(name, 2.5, -1.0, 7.5) for name in NAMES[language]]
    return plot_forest(rows, label=SENTENCE[language]).figure


def over_time(language):
    ax = new_axes(height=2.6)
    ax.plot(range(48), np.arange(48) % 7, label=SENTENCE[language])
    ax.plot(range(48), np.arange(48) % 5, label=SENTENCE[language][:20])
    mark_periods(ax, [f"{2020 + k // 12}-{k % 12 + 1:02}" for k in range(48)], most=12)
    ax.set_title(SENTENCE[language] * 2)
    legend_below(ax, 2)
    return ax.figure


def bars(language):
    return plot_funnel(NAMES[language], [1200, 90, 4]).figure


def panels(language):
    axes = new_axes(height=5, rows=2, columns=2)
    for ax in axes.ravel():
        ax.plot(range(9), np.arange(9) * 1e4)
        ax.set_title(SENTENCE[language])
    return axes[0, 0].figure


FIGURES = {f.__name__: f for f in (course, forest, over_time, bars, panels)}


def boxes(figure):
    """Return the boxes of all texts that are seen, with their words."""
    from matplotlib.text import Text

    figure.canvas.draw()
    found = []
    for text in figure.findobj(Text):
        drawn = text.get_visible() and text.get_text().strip()
        if drawn and not (text.axes is not None and not text.axes.get_visible()):
            found.append((text.get_text(), text.get_window_extent()))
    for ax in figure.axes:  # labels beyond the ends of an axis exist, but are not drawn
        for axis, low, high in ((ax.xaxis, *ax.get_xlim()), (ax.yaxis, *ax.get_ylim())):
            labels = zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=False)
            beyond = {
                str(label.get_window_extent()) for place, label in labels
                if not min(low, high) - 1e-9 <= place <= max(low, high) + 1e-9 or not axis.get_visible()
            }  # fmt: skip
            found = [(words, box) for words, box in found if str(box) not in beyond]
    return found


@pytest.mark.parametrize(("name", "language"), [*((name, "en") for name in FIGURES), ("over_time", "zh")])
def test_no_text_lies_over_another_or_beyond_the_column(name, language):
    with style(language):
        figure = fitted(FIGURES[name](language), 89 / MM_PER_INCH, None, most=7, letters=7)
    found, room = boxes(figure), 2 * figure.dpi / 72
    assert len(found) > 5
    for number, (words, box) in enumerate(found):
        assert -room < box.x0 < box.x1 < figure.bbox.width + room, words
        assert -room < box.y0 < box.y1 < figure.bbox.height + room, words
        for other, theirs in found[number + 1 :]:
            wide = min(box.x1, theirs.x1) - max(box.x0, theirs.x0)
            high = min(box.y1, theirs.y1) - max(box.y0, theirs.y0)
            assert wide < room or high < room, (words, other)


@pytest.mark.parametrize(("journal", "size"), [("nature", "single"), ("springer", 120)])
def test_files_are_as_wide_as_the_journal_prints(tmp_path, journal, size):
    wide = figure_width(size, journal)
    svg, pdf, png = save_figure(course("en"), tmp_path / "f", size=size, journal=journal)
    points = float(re.search(r'width="([\d.]+)pt"', svg.read_text())[1])
    assert points / 72 * 25.4 == pytest.approx(wide, abs=0.01)
    media = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+)", pdf.read_bytes())
    assert float(media[1]) / 72 * 25.4 == pytest.approx(wide, abs=0.01)
    assert float(media[2]) / 72 * 25.4 <= JOURNALS[journal].height + 0.01
    with Image.open(png) as image:
        assert image.width == int(wide / 25.4 * 300)
        assert image.info["dpi"][0] == pytest.approx(300, abs=0.1)


def test_letters_have_the_size_the_journal_wants():
    figure = fitted(course("en"), 89 / MM_PER_INCH, None, most=7, letters=7)
    sizes = [label.get_fontsize() for label in figure.axes[0].get_xticklabels()]
    assert sizes == pytest.approx([7] * len(sizes))


def test_pdf_holds_its_fonts_and_the_words_of_svg_can_be_either(tmp_path):
    with style("zh"):
        svg, pdf = save_figure(forest("zh"), tmp_path / "f.svg", formats=("svg", "pdf"))
        letters = save_figure(forest("zh"), tmp_path / "g", formats="svg", svg_text="fonts")[0]
    content = pdf.read_bytes()
    assert b"/Type3" not in content
    assert b"/CIDFontType2" in content
    assert content.count(b"/FontFile2") >= 1
    assert "堆叠" not in svg.read_text(encoding="utf-8").replace("<!--", "").split("<g", 1)[0]
    assert "<text" not in svg.read_text(encoding="utf-8")
    assert "堆叠" in "".join(re.findall(r">([^<]+)<", letters.read_text(encoding="utf-8")))


def test_fonts_of_a_pdf_are_truetype(tmp_path):
    """A font file under /FontFile2 must be TrueType; readers refuse one with Postscript outlines there."""
    with style("zh"), warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns of a letter that no font holds
        pdf = save_figure(forest("zh"), tmp_path / "f", formats="pdf")[0].read_bytes()
    streams = [
        zlib.decompress(part)
        for part in re.findall(rb"stream\r?\n(x[\x01\x5e\x9c\xda].*?)\r?\nendstream", pdf, re.S)
    ]
    fonts = [s for s in streams if s[:4] in (b"\x00\x01\x00\x00", b"OTTO", b"true")]
    assert fonts
    assert all(s[:4] != b"OTTO" for s in fonts)


def test_same_figure_same_bytes_and_no_dates(tmp_path):
    for name in ("one", "two"):
        save_figure(over_time("en"), tmp_path / name)
    for kind in ("svg", "pdf", "png"):
        content = (tmp_path / f"one.{kind}").read_bytes()
        assert content == (tmp_path / f"two.{kind}").read_bytes()
        assert not re.search(rb"CreationDate|ModDate|dc:date|tEXt|tIME", content), kind


def test_the_figure_handed_in_stays_as_it_is(tmp_path):
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(6, 4))
    try:
        ax.plot([1, 2], [3, 4], marker="o", label="a")
        ax.legend()
        figure.canvas.draw()

        def state():
            line = ax.lines[0]
            sizes = [text.get_fontsize() for text in ax.get_xticklabels()]
            return (tuple(figure.get_size_inches()), figure.dpi, ax.get_position().bounds, sizes,
                    line.get_linewidth(), line.get_markersize(), plt.get_fignums(),
                    figure.get_layout_engine())  # fmt: skip

        before = state()
        save_figure(ax, tmp_path / "f", formats="png")
        figure.canvas.draw()
        assert state() == before
    finally:
        plt.close(figure)


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"size": "triple"}, "size"), ({"size": 5}, "size"), ({"size": True}, "size"),
        ({"journal": "x"}, "journal"), ({"formats": ("gif",)}, "formats"), ({"formats": ()}, "formats"),
        ({"dpi": 72}, "dpi"),
        ({"svg_text": "both"}, "svg_text"),
    ],
)  # fmt: skip
def test_what_cannot_be_saved_says_so(tmp_path, options, where):
    with pytest.raises(AnalysisError, match=r"figure|journal") as caught:
        save_figure(Figure(), tmp_path / "f", **options)
    assert where in caught.value.where
    with pytest.raises(AnalysisError, match="figure"):
        save_figure(3, tmp_path / "f")
    assert not list(tmp_path.iterdir())


def test_a_figure_with_a_function_of_its_own_is_refused_and_left_whole(tmp_path):
    figure = course("en")
    figure.axes[0].xaxis.set_major_formatter(lambda value, _: f"{value}")
    engine = figure.get_layout_engine()
    with pytest.raises(AnalysisError, match="cannot be copied") as caught:
        save_figure(figure, tmp_path / "f")
    assert caught.value.mend
    assert figure.get_layout_engine() is engine


def test_empty_figures_are_saved(tmp_path):
    figure = Figure()
    figure.subplots()
    assert all(file.stat().st_size for file in save_figure(figure, tmp_path / "f"))
    assert save_figure(Figure(), tmp_path / "g", formats="png")
    assert Image.open(io.BytesIO((tmp_path / "g.png").read_bytes())).width == int(89 / 25.4 * 300)
