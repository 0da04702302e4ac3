"""Every table and figure says where it comes from, and the command finds it."""

import re

import pytest

from analysis.cli import main
from analysis.display.html import Html, table
from analysis.errors import ReportError
from analysis.reporting import DistrictReport
from analysis.reporting.city import FRAMES
from analysis.reporting.provenance import trace
from analysis.reporting.provenance.makers import MAKERS, formula, frame_of
from analysis.reporting.provenance.sources import SCRIPT
from analysis.reporting.provenance.trail import following

SECTIONS = ("consultation", "funds", "provenance")


@pytest.fixture(scope="module")
def pages(city, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    district = city.frames["places"].query("kind == 'district'")["place_id"].iloc[0]
    for language in ("en", "zh"):
        report = DistrictReport(city, district, language)
        body = "".join(report.section(name) for name in SECTIONS)
        (folder / f"D.{language}.html").write_text(f"<html>{body}</html>", encoding="utf-8")
    return folder


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_numbered_table_and_figure_can_be_traced(pages, language):
    page = pages / f"D.{language}.html"
    html = page.read_text(encoding="utf-8")
    captions = re.findall(r"<(?:caption|figcaption)>((?:Table|Figure|表|图)\s*[\d.]+\d)", html)
    assert len(captions) > 6
    for caption in captions:
        (source,) = trace(page, caption)
        assert source.call[0].startswith("analysis.reporting.sections.")
        if not source.call[0].endswith(".provenance"):  # made from meta data alone
            assert source.measures or source.frames, caption
        assert {one["frame"] for one in source.frames} <= set(MAKERS)
    assert "data-source" not in html


def test_source_names_measures_frames_parameters_inputs_and_versions(pages):
    (source,) = trace(pages / "D.en.html", "Table 5.1")
    assert source.call[-1] == "analysis.reporting.sections.common.comparison"
    names = [one["measure"] for one in source.measures]
    assert "consultation_answered" in names
    assert not any(name.startswith(("network_", "burden_")) for name in names)
    answered = source.measures[names.index("consultation_answered")]
    assert answered["frame"] == "processes"
    assert answered["formula"]
    assert source.run["parameters"]["language"] == "en"
    assert re.fullmatch("[0-9a-f]{64}", source.run["inputs"]["matters.csv"])
    assert source.run["libraries"]["pandas"]
    (figure,) = trace(pages / "D.en.html", "Figure 10.1")
    assert [one["measure"] for one in figure.measures] == ["ledger_balance", "ledger_income", "ledger_spent"]
    assert "analysis.processes.fund_ledger" in str(figure)


def test_a_pdf_is_traced_by_the_page_beside_it(pages):
    assert trace(pages / "D.zh.pdf", "图5.1")[0].page == pages / "D.zh.html"
    assert len(trace(pages / "D.zh.html", "5.1")) == 2


def test_what_cannot_be_traced_is_said(pages, tmp_path, capsys):
    with pytest.raises(ReportError, match=r"(?s)no such table or figure.*table 5\.1"):
        trace(pages / "D.en.html", "Table 99.1")
    with pytest.raises(ReportError, match="no such report"):
        trace(tmp_path / "nowhere.docx", "Table 1.1")
    (tmp_path / "plain.html").write_text("<p>nothing</p>", encoding="utf-8")
    with pytest.raises(ReportError, match="does not say where its numbers come from"):
        trace(tmp_path / "plain.html", "Table 1.1")
    assert main(["trace", str(pages / "D.en.html"), "Table 99.1"]) == 2
    assert main(["trace", str(pages / "D.en.html"), "table 5.1"]) == 0
    assert "input files (sha256)" in capsys.readouterr().out


def test_script_is_found_whatever_the_order_of_its_attributes():
    for marks in ('type="application/json" class="run"', 'class="run" type="application/json"'):
        assert SCRIPT.findall(f"<script {marks}>{{}}</script>") == [("run", "{}")]


def test_nothing_is_marked_outside_of_a_section():
    assert "data-source" not in table(["a"], [("1",)])
    with following() as trail:
        assert 'data-source="0"' in table(["a"], [("1",)])
        assert trail.events[0][0] == "table"
    assert isinstance(table(["a"], [("1",)]), Html)


def test_every_frame_has_a_maker_that_exists(city):
    assert set(FRAMES) == set(MAKERS)
    from importlib import import_module

    for maker in MAKERS.values():
        module, _, name = maker.function.rpartition(".")
        assert callable(getattr(import_module(module), name)), maker.function
    report = DistrictReport(city, city.frames["places"].query("kind == 'district'")["place_id"].iloc[0], "en")
    for measure in report.measures.index.unique("measure"):
        frame = city.frames[frame_of(measure)]
        name = "indicator" if "indicator" in frame else "measure"
        assert measure.removeprefix("network_") in set(frame[name]) or measure in set(frame[name]), measure


def test_formulas_come_from_the_registries():
    assert formula("network_clustering")[1].startswith("Watts")
    assert formula("burden_duties")[0]
    assert formula("no_such_measure") == ("", "")
