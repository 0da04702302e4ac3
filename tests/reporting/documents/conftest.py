import numpy as np
import pandas as pd
import pytest

from analysis.display.alt import against_words, course_words, joined
from analysis.display.figures import figure_html, style
from analysis.display.html import element, paragraph, section, table
from analysis.display.plots import plot_course
from analysis.display.text import Text
from analysis.reporting.documents import page
from analysis.reporting.documents.html import _with_contents
from analysis.reporting.numbering import number_section

PERIODS = [f"2021-{month:02d}" for month in range(1, 13)]
TITLES = {"zh": "鹊沙区治理评估报告", "en": "Magpie Sands: district report"}
ROWS = 90
WORDS = {
    "zh": {
        "heading": "一节", "paragraph": "苇湾社区有二百四十七人，“互动”三百五十次；𠮷字不可丢。",
        "header": ("指标", "本区"), "row": "第{n}项指标", "caption": "很长的表", "figure": "参与人员占比",
        "here": "本区",
    },
    "en": {
        "heading": "A section", "paragraph": "Reed Bend has 247 people & 350 acts <in all>.",
        "header": ("Measure", "Here"), "row": "measure {n}", "caption": "A long table",
        "figure": "Share of people active", "here": "this district",
    },
}  # fmt: skip


def _figure(text, words):
    here = pd.Series(np.linspace(0.1, 0.4, 12), index=PERIODS)
    others = pd.DataFrame({"b": np.full(12, 0.2), "c": np.full(12, 0.3)}, index=PERIODS)
    ax = plot_course(here, others, labels=("a", "b", "c"), percent=True)
    alt = joined(
        text, course_words(text, words["here"], here, "share"), against_words(text, here, others, "share")
    )
    return figure_html(ax.figure, alt=alt, caption=words["figure"])


@pytest.fixture(scope="session")
def whole_pages(tmp_path_factory):
    """A page per language: a title, three sections, a table longer than a page, a small one and a figure."""
    pages = {}
    for language, words in WORDS.items():
        text, parts = Text(language), [element("h1", TITLES[language]), paragraph("2021", class_="subtitle")]
        with style(language):
            figure = _figure(text, words)
        rows = [(words["row"].format(n=n), f"{n:,}.0%") for n in range(ROWS)]
        long = table(words["header"], rows, caption=words["caption"])
        short = table(words["header"], [("x",), ("y", "1.0")], caption=words["caption"])
        for number, content in enumerate(([paragraph(words["paragraph"]), long], [figure], [short]), start=1):
            written = section(f"s{number}", words["heading"], *content, paragraph("n", class_="note"))
            parts.append(number_section(written, number, text))
        path = tmp_path_factory.mktemp("pages") / f"{language}.html"
        path.write_text(
            page(_with_contents("\n".join(parts), text), title=TITLES[language], language=language)
        )
        pages[language] = path
    return pages
