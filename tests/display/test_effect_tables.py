"""Publication tables: every format holds the same figures, escaped, without stars."""

import io
import re

import pytest
from docx import Document

from analysis.display import effect_table
from analysis.effects import att_gt, imputation
from analysis.errors import ReportError


@pytest.fixture(scope="module")
def estimates():
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(1)
    rows = pd.MultiIndex.from_product([range(40), range(8)], names=["u", "t"]).to_frame(index=False)
    rows["g"] = pd.array(np.where(rows["u"] < 20, 4, None), dtype="Int64")
    rows["y"] = rng.normal(0, 1, len(rows)) + 3.0 * (rows["t"] >= rows["g"].astype("Float64").fillna(99))
    keys = {"unit": "u", "time": "t", "cohort": "g"}
    return {
        "A_1 & B%": att_gt(rows, "y", **keys, n_boot=0),
        "<BJS>": imputation(rows, "y", **keys),
    }


def figures(text):
    return re.findall(r"\d+\.\d+", text)


def test_formats_hold_the_same_figures(estimates):
    markdown = effect_table(estimates)
    row = estimates["<BJS>"].table.set_index("term").loc["overall"]
    assert f"{row['estimate']:.2f}" in markdown
    assert f"({row['std_error']:.2f})" in markdown
    word = Document(io.BytesIO(effect_table(estimates, "docx", title="T")))
    cells = " ".join(cell.text for line in word.tables[0].rows for cell in line.cells)
    html, latex = effect_table(estimates, "html"), effect_table(estimates, "latex")
    assert len(figures(markdown)) == 8
    assert figures(markdown) == figures(html) == figures(latex) == figures(cells)
    assert "*" not in markdown.replace("**", "") + html + latex + cells


def test_everything_is_escaped(estimates):
    latex = effect_table(estimates, "latex", title="50% & more_or_less")
    assert r"A\_1 \& B\%" in latex
    assert r"\caption{50\% \& more\_or\_less}" in latex
    assert r"\textless{}BJS\textgreater{}" in latex
    assert all(
        line.count("&") - line.count(r"\&") == 2 for line in latex.splitlines() if line.endswith(r"\\")
    )
    html = effect_table(estimates, "html")
    assert "<BJS>" not in html
    assert "&lt;BJS&gt;" in html
    assert "<BJS>" not in effect_table(estimates, "markdown")


def test_latex_rows_never_open_with_a_bracket(estimates):
    """After a line break, [ would be read as an amount of space."""
    assert not re.search(r"\\\\\s*\[", effect_table(estimates, "latex"))
    assert r"{[}" in effect_table(estimates, "latex")


def test_terms_digits_and_languages(estimates):
    wide = effect_table(estimates, terms=["event_time=0", "overall"], digits=4, language="zh")
    assert "平均效应" in wide
    assert "–" in wide  # the group-time estimate is given overall, without event times
    assert all(len(number.split(".")[1]) == 4 for number in figures(wide))
    assert "(1)" in effect_table(list(estimates.values()))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"format": "pdf"}, "no such format"), ({"terms": ["event_time=99"]}, "No estimate has this term"),
        ({"language": "fr"}, "no texts"), ({"digits": -1}, "decimals"), ({"digits": 2.5}, "decimals"),
    ],
)  # fmt: skip
def test_bad_arguments_are_refused(estimates, arguments, message):
    with pytest.raises(ReportError, match=message):
        effect_table(estimates, **arguments)


@pytest.mark.parametrize("given", [[], {}, ["x"], [None]])
def test_something_else_than_estimates_is_refused(given):
    with pytest.raises(ReportError, match="Estimates are wanted"):
        effect_table(given)
