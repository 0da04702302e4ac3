"""The sections on processes, opinions, burden, needs, funds and ranks: full, sparse, and with few people."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from analysis.burden import burden_measures
from analysis.display.html import Html
from analysis.display.text import Text
from analysis.panel import further_measures, missing_tables
from analysis.processes import process_measures
from analysis.reporting import City, DistrictReport
from analysis.reporting.numbering import number_section
from analysis.reporting.sections import SECTIONS
from analysis.reporting.sections.common import interval
from analysis.reporting.sections.needs import _pooled
from analysis.reporting.stages import FRAMES, rank_districts, section_frames
from analysis.reporting.stages.opinions import _label
from analysis.simulate import simulate_city
from analysis.tables import Study
from analysis.tables.procedures import Procedure, ProcedureStep

GOVERNANCE = ("consultation", "opinions", "budgeting", "burden", "needs", "funds", "index")
FAMILY = {"duties": "burden", "listings": "needs", "ledger": "funds", "options": "opinions"}


@pytest.fixture(scope="module")
def study():
    return simulate_city(districts=3, communities=2, months=14, seed=5).study()


def city_of(base, study):
    """The city stage of `study` without networks and effects, which other tests look at."""
    frames = dict(base.frames)
    processes, burden = process_measures(study), burden_measures(study)
    ranks, index = rank_districts(study, [processes, burden])
    frames |= {
        "places": study.tree.table.reset_index(drop=True), "accounting": study.accounting,
        "processes": processes, "burden": burden, "further": further_measures(study), "index": ranks,
        **section_frames(study),
    }  # fmt: skip
    for name in ("indicators", "outcomes", "adoption", "activity"):
        frames[name] = frames[name].iloc[:0]
    frames["adoption"] = pd.DataFrame(
        [(d, d, "burden_reduction", "2022-06") for d in study.districts],
        columns=["place_id", "district_id", "reform", "start"],
    )
    meta = base.meta | {"missing": missing_tables(study), "index": index, "periods": study.periods,
                        "residents_from_people": 0}  # fmt: skip
    return City(meta, frames)


def sections(city, language="en", district=None, names=GOVERNANCE):
    district = district or city.frames["places"].query("kind == 'district'")["place_id"].iloc[0]
    report = DistrictReport(city, district, language)
    return {name: str(report.section(name)) for name in names}


@pytest.fixture
def undrawn(monkeypatch):
    """Figures are laid out by the plots but not painted, which is most of a report's time."""
    monkeypatch.setattr(Figure, "savefig", lambda self, buffer, **_: buffer.write(b"picture"))


def words(html):
    html = re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)  # what figures and tables rest on
    return re.sub(r"<[^>]+>", " ", re.sub(r'src="[^"]*"', "", html))


def sound(html):
    """No traces of missing values, long decimals or braces in what is read."""
    read = words(html)
    assert not re.search(r"\b(nan|NaN|None|NaT|inf)\b|<NA>", read), read
    assert not re.search(r"\d\.\d{5,}|[{}]", read)
    assert all(len(alt) > 20 for alt in re.findall(r'alt="([^"]*)"', html))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_full_study(city, study, language, undrawn):
    home = study.matters.set_index("matter_id")["community_id"][study.ledger["matter_id"].iloc[0]]
    found = sections(city_of(city, study), language, study.tree.table["district_id"][home])
    for name, html in found.items():
        sound(html)
        if name != "index":  # networks are left out here
            assert 'class="missing"' not in html, name
            assert html.count("<table>") >= 1
            assert html.count("<figure>") >= 1
    chinese = re.findall("[\u4e00-\u9fff]", words("".join(found.values())))
    assert len(chinese) > 800 if language == "zh" else not chinese
    people = set(study.people["person_id"])
    assert not people & set(re.findall(r"[\w-]+", words("".join(found.values()))))


@pytest.mark.parametrize(
    "table", ["people", "matters", "steps", "options", "votes", "ledger", "duties", "listings"]
)
def test_each_table_missing_in_turn(city, study, table, undrawn):
    gone = {"people": ("people", "interactions"), "listings": ("listings", "reforms"),
            "ledger": ("ledger", "organisations")}.get(table, (table,))  # fmt: skip
    frames = study.frames | {name: study.frames[name].iloc[:0] for name in gone}
    sparse = Study.from_frames(frames, window=(study.periods[0], study.periods[-1]))
    found = sections(city_of(city, sparse), "en")
    for html in found.values():
        sound(html)
    if table in FAMILY:
        assert Text("en").named("table", table) in words(found[FAMILY[table]])
        assert 'class="missing"' in found[FAMILY[table]]
    if table in ("duties", "matters"):
        assert "no index" in words(found["index"])


def test_frames_survive_when_empty(tmp_path):
    places = pd.DataFrame(
        {"place_id": ["D", "C"], "kind": ["district", "community"], "parent_id": [None, "D"]}
    )
    empty = section_frames(Study.from_frames({"places": places}))
    assert set(empty) | {"index"} == set(FRAMES)
    for name, frame in empty.items():
        assert frame.empty
        assert "district_id" in frame.columns
        frame.to_parquet(tmp_path / f"{name}.parquet")


def test_rank_never_without_its_interval(city):
    html = sections(city, names=["index"])["index"]
    assert 'class="missing"' in html  # two districts only
    ranks = pd.DataFrame({"district_id": city.frames["places"].query("kind == 'district'")["place_id"][:2],
                          "score": [0.6, 0.5], "rank": [1, 2], "rank_median": [1, 2], "rank_low": [1, 1],
                          "rank_high": [2, 2]})  # fmt: skip
    notes = city.meta["index"] | {"level": 0.9, "draws": 1024, "certain_share": 0.25, "reason": ""}
    html = sections(replace(city, meta=city.meta | {"index": notes}, frames=city.frames | {"index": ranks}))[
        "index"
    ]
    assert "ranks 1 of 2" in words(html)
    assert "from 1 to 2 in 90%" in words(html)
    assert "25.0% of all pairs" in words(html)
    assert "<figure>" in html


def test_ranks_come_from_the_index_or_say_why_not(study):
    measures = [process_measures(study), burden_measures(study)]
    ranks, notes = rank_districts(study, measures)
    assert ranks.empty
    assert notes["reason"] == "no_measures"
    assert set(notes["measures"]) == {"network_volunteering_rate", "network_connectedness_residency"}
    rows = []
    for i, district in enumerate(study.districts):
        rows.append((district, "all", "network_volunteering_rate", 0.2 + i / 10, 50, 0.01))
        rows.append((district, "all", "network_connectedness_residency", 0.5 - i / 9, 50, 0.01))
    networks = pd.DataFrame(rows, columns=["place_id", "period", "measure", "value", "n", "std_error"])
    ranks, notes = rank_districts(study, [*measures, networks])
    again, _ = rank_districts(study, [*measures, networks])
    assert notes["reason"] == ""
    pd.testing.assert_frame_equal(ranks, again)  # the seed is fixed
    assert sorted(ranks["district_id"]) == sorted(study.districts)
    assert (ranks["rank_low"] <= ranks["rank_high"]).all()
    assert 0 <= notes["certain_share"] <= 1
    few, notes = rank_districts(study.district(study.districts[0]), measures)
    assert (len(few), notes["reason"]) == (0, "few_districts")


def test_hidden_groups_show_no_number(city, study, undrawn):
    whole = city_of(city, study)
    rows = whole.frames["representation"].copy()
    first = rows["district_id"].iloc[0]
    secret = rows["district_id"].eq(first) & rows["group"].eq("age")
    rows.loc[secret, "hidden"] = True
    rows.loc[secret, ["participants", "share_participants", "ratio", "conf_low", "conf_high"]] = np.nan
    html = sections(replace(whole, frames=whole.frames | {"representation": rows}), district=first)[
        "consultation"
    ]
    part = words(html).split("Age: against")[1].split("Sex:")[0]
    assert part.count("Hidden: fewer than five people, or would give such a figure away.") == 2
    assert not re.search(r"\d+\.\d+", part)


def test_small_vote_is_hidden(city, study, undrawn):
    whole = city_of(city, study)
    budgets = whole.frames["budgets"].copy()
    first = budgets["district_id"].iloc[0]
    budgets = budgets[budgets["district_id"] == first]
    people = budgets["measure"].isin(["voters", "turnout", "funded_choice"]) | budgets["group"].ne("")
    budgets.loc[people, "hidden"] = True
    budgets.loc[people, ["value", "n", "conf_low", "conf_high"]] = np.nan
    html = sections(
        replace(whole, frames=whole.frames | {"budgets": budgets}), district=first, names=["budgeting"]
    )["budgeting"]
    assert "under 5" in words(html)
    assert "Who votes" not in words(html)


def test_kinds_with_few_needs_are_pooled():
    kinds = pd.DataFrame({"category": ["a", "b", "c", "d", "e"], "needs": [90, 40, 20, 6, 3],
                          "met": [50, 20, 10, 2, 0], "unmet": [40, 20, 10, 4, 3]})  # fmt: skip
    pooled = _pooled(kinds, ["needs", "met", "unmet"])
    # d and e have cells of 1 to 4; their 2 met would still be shown, so c joins them
    assert pooled["category"].tolist() == ["a", "b", ""]
    assert pooled.iloc[-1].tolist() == ["", 29, 12, 17]
    assert pooled[["needs", "met", "unmet"]].sum().tolist() == [159, 82, 77]
    assert _pooled(kinds[3:], ["needs", "met", "unmet"]).empty
    assert not pooled[["needs", "met", "unmet"]].isin([1, 2, 3, 4]).any().any()


@pytest.mark.parametrize(
    ("identifier", "shown"),
    [
        ("statement-12", "statement-12"), ("O0007", "O0007"), ("2023_Ochota/17", "#4"), ("41", "41"),
        ("close the noisy bar", "#4"), ("Mr-Li-is-late", "#4"),
    ],
)  # fmt: skip
def test_identifiers_with_words_are_replaced_by_numbers(identifier, shown):
    assert _label(identifier, 4) == shown


def test_numbers_are_given_in_order():
    html = Html(
        "<section><h2>Heading</h2><table><caption>One</caption></table><figure><figcaption>A</figcaption>"
        "</figure><table><caption>Table 6.1b. Two</caption></table></section>"
    )
    assert number_section(html, 4, Text("en")) == (
        "<section><h2>4  Heading</h2><table><caption>Table 4.1. One</caption></table><figure><figcaption>"
        "Figure 4.1. A</figcaption></figure><table><caption>Table 4.2. Two</caption></table></section>"
    )
    assert "<caption>表4.1  表决</caption>" in number_section(Html("<caption>表决</caption>"), 4, Text("zh"))


def test_intervals_of_shares_are_wilsons_and_of_means_normal(city):
    district = city.frames["places"].query("kind == 'district'")["place_id"].iloc[0]
    rows = [("matching_needs_met", 0.9, 20, 0.07), ("consultation_answered", 1.0, 20, np.nan),
            ("matching_resources_used", 1.0, 20, np.nan),
            ("ledger_overspent", 0.5, 4, 0.3), ("consultation_satisfaction", 60.0, 25, 2.0),
            ("consultation_breadth", 0.1, 900, np.nan)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["measure", "value", "n", "std_error"])
    table = table.assign(place_id=district, period="all")
    frames = city.frames | {"further": table}
    frames["processes"] = frames["processes"].iloc[:0]
    frames["hidden"] = frames["hidden"].iloc[:0]
    report = DistrictReport(replace(city, frames=frames), district, "en")
    # Wilson for 18 of 20: Newcombe (1998) gives the method; 0.699 to 0.972 by its formula
    assert interval(report, "matching_needs_met") == "[69.9%, 97.2%]"
    assert interval(report, "consultation_answered") == "[83.9%, 100.0%]"
    assert interval(report, "matching_resources_used") == "–"  # of hours offered, not of cases
    assert interval(report, "ledger_overspent") == "–"  # fewer than five
    assert interval(report, "consultation_satisfaction") == "[56.1, 63.9]"
    assert interval(report, "consultation_breadth") == "–"  # everybody was counted
    assert interval(report, "no_such_measure") == "–"


def test_several_procedures_each_have_their_funnel_and_deadlines_show(city, study, undrawn):
    matters, steps = study.matters.copy(), study.steps.copy()
    other = matters.index[matters["process"] == "consultation"][::2]
    matters["procedure"] = matters["procedure"].astype("str")
    matters.loc[other, "procedure"] = "四议两公开"
    mine = steps["matter_id"].isin(matters.loc[other, "matter_id"])
    names = {"raised": "proposed", "discussed": "deliberated", "answered": "result_published"}
    steps["step"] = steps["step"].where(~mine, steps["step"].replace(names))
    decided = ProcedureStep("decided", within_days=10, since="raised")
    limited = Procedure(
        "with a limit", "consultation", (ProcedureStep("raised"), decided, ProcedureStep("answered")),
        name_zh="限时协商", usual=True,
    )  # fmt: skip
    frames = study.frames | {"matters": matters, "steps": steps}
    found = city_of(city, replace(study, frames=frames, procedures=(limited,)))
    html = sections(found, "zh", names=["consultation"])["consultation"]
    sound(html)
    alt = re.findall('alt="([^"]*)"', html)[0]
    assert "限时协商：提出" in alt
    assert "四议两公开：提议" in alt
    assert Text("zh").measure("consultation_late").name in words(html)
    assert Text("zh")("sentence.no_deadline") not in html
    report = DistrictReport(found, study.districts[0], "zh")
    share, n = report.value("consultation_answered")
    assert f"已答复{round(share * n)}件" in words(html)


def test_every_table_and_figure_of_a_report_is_numbered(city, undrawn):
    report = DistrictReport(city, city.frames["places"].query("kind == 'district'")["place_id"].iloc[0], "en")
    for number, name in enumerate(SECTIONS, start=1):
        html = str(report.section(name))
        for tag, word in (("caption", "Table"), ("figcaption", "Figure")):
            found = re.findall(rf"<{tag}>({word} [\d.]+\.) ", html)
            assert found == [f"{word} {number}.{i}." for i in range(1, html.count(f"<{tag}>") + 1)], name
