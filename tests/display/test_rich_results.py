"""Every public result shows itself: plain text of one screen, HTML with intervals and n, two languages."""

import inspect
import re

import pytest

import analysis
from analysis.display.rich import effects, results
from analysis.display.rich.extension import FORMATTERS
from analysis.display.rich.language import speak

KEYS = {"unit": "place_id", "time": "time", "cohort": "cohort_consultation"}
LONG = re.compile(r"\d\.\d{7,}")
SCREEN = 40


@pytest.fixture(scope="module")
def shown():
    """One of every kind of result, and the function that shows it."""
    study = analysis.open_study(analysis.example_study())
    city = analysis.simulate_city(4, 8, 24, tables=["places", "reforms", "outcomes"])
    panel = analysis.build_panel(city.study())
    rule = analysis.TieRule(min_weight=2)
    ties = analysis.build_ties(study.interactions, rule, tree=study.tree, people=study.people)
    measures = [analysis.process_measures(study), analysis.burden_measures(study)]
    table = analysis.index_table(measures, places=study.tree.communities)
    spec = analysis.read_index().fit(table)[0]
    trust, share = (analysis.att_gt(panel, name, **KEYS) for name in ("trust", "participation"))
    course = analysis.event_study(panel, "trust", **KEYS)
    checks = analysis.run_checks(panel, "trust", **KEYS)
    options = study.options[study.options["kind"] == "statement"]
    talk = analysis.conversations(study.votes, options).sort_values("voters")["matter_id"].iloc[-1]
    options = options[options["matter_id"] == talk]
    votes = study.votes[study.votes["option_id"].isin(options["option_id"])]
    choices = analysis.specifications(estimator=("att_gt", "imputation"))
    curve = analysis.specification_curve(panel, "trust", choices, **KEYS, n_permutations=19)
    return {
        "Study": (study, results.study_html), "Ties": (ties, results.ties_html),
        "IndexSpec": (spec, results.spec_html),
        "IndexResult": (analysis.composite_index(table, spec), results.index_html),
        "RankResult": (analysis.rank_uncertainty(table, spec, draws=50), results.ranks_html),
        "OpinionGroups": (analysis.opinion_groups(votes, options), results.groups_html),
        "GroupTimeEffects": (trust, effects.cells_html), "EffectEstimate": (course, effects.effect_html),
        "share": (share, effects.cells_html), "overall": (share.aggregate(), effects.effect_html),
        "bacon": (analysis.bacon(panel, "trust", **KEYS), effects.effect_html),
        "districts": (analysis.district_effects(panel, "trust", **KEYS, district="district_id"),
                      effects.effect_html),
        "Checks": (checks, effects.checks_html), "CheckResult": (checks[1], effects.check_html),
        "SpecificationCurve": (curve, effects.curve_html),
    }  # fmt: skip


def test_every_result_has_a_plain_text_of_one_screen(shown):
    for name, (result, _) in shown.items():
        text = repr(result)
        assert len(text.splitlines()) <= SCREEN, name
        assert not LONG.search(text), name
        assert "object at 0x" not in text, name


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_result_shows_itself_in_both_languages(shown, language):
    speak(language)
    try:
        for name, (result, show) in shown.items():
            html = show(result)
            assert "<table" in html, name
            words = re.sub("<script.*?</script>|<[^>]+>", " ", html, flags=re.S)
            assert not LONG.search(words), name
            assert not re.search(r"\bnan\b", words, re.I), name
            if language == "zh":
                assert any(ord(letter) > 0x2FFF for letter in words), name
    finally:
        speak("en")


def test_all_classes_of_results_are_registered(shown):
    registered = {name for _, name in FORMATTERS}
    assert {type(result).__name__ for result, _ in shown.values()} <= registered
    for module, name in FORMATTERS:
        if module.startswith("analysis."):
            assert inspect.isclass(getattr(__import__(module, fromlist=[name]), name))


def test_a_study_gives_its_account(shown):
    study, show = shown["Study"]
    html = show(study)
    assert f"{len(study.people):,}" in html
    assert "January 2022 to December 2023 (24 periods)" in html
    assert "8 communities" in html
    assert "Every row was kept" in html
    assert "0 problems" in repr(study)


def test_a_study_with_problems_says_how_many(tmp_path):
    from shutil import copytree

    folder = copytree(analysis.example_study(), tmp_path / "spoilt")
    with (folder / "duties.csv").open("a", encoding="utf-8") as file:
        file.write("X2,D01-C01,statutry,Housing,2023-05-01,,3,true,false,false\n")
    study = analysis.check_study(folder)
    assert len(study.problems) == 1
    html = results.study_html(study)
    assert "Found while checking: 1 set aside" in html
    assert "Every row was kept" not in html
    assert "1 problems" in repr(study)


def test_acts_of_ties_add_up_before_the_notices(shown):
    ties, show = shown["Ties"]
    upper = show(ties).split("to be noticed")[0]
    counts = [int(n.replace(",", "")) for n in re.findall(r'<td class="number">([\d,]+)</td>', upper)]
    assert counts[0] == sum(counts[1:])
    assert "min_weight = 2" in upper


def test_a_share_is_told_in_points_and_the_sentence_agrees_with_the_table(shown):
    share, show = shown["share"]
    html, row = show(share), share.aggregate().table.iloc[0]
    assert "percentage points" in html
    first = re.search(r"<tbody><tr>.*?</tr>", html).group()
    assert f"{100 * row['estimate']:.1f}" in first
    assert f"{100 * row['conf_low']:.1f} – {100 * row['conf_high']:.1f}" in first
    assert f"{100 * row['estimate']:+.1f}" in html.split("<table")[0]


def test_event_times_follow_the_overall_effect_from_adoption_on(shown):
    course, show = shown["EffectEstimate"]
    terms = re.findall(r'<th scope="row">(.*?)</th>', show(course))
    assert terms[:3] == ["Average effect", "event_time=0", "event_time=1"]
    assert len(terms) == len(course.table)


def test_an_effect_without_interval_tells_what_it_stands_for(shown):
    decomposition, show = shown["bacon"]
    html = show(decomposition)
    assert "weighted average of comparisons" in html
    assert "Interval" not in html
    assert "weight" in html


def test_ranks_never_stand_without_their_interval(shown):
    ranks, show = shown["RankResult"]
    rows = re.findall(r"<tr>(.*?)</tr>", show(ranks))[1:]
    assert len(rows) == len(ranks.table)
    assert all(" – " in row for row in rows)
    ax = ranks.plot()
    assert len(ax.get_yticklabels()) == ranks.table["rank"].notna().sum()


def test_a_rule_and_a_run_say_only_what_matters(tmp_path):
    from analysis.reporting.batch import Run

    assert repr(analysis.TieRule()) == "TieRule()"
    rule = analysis.TieRule(directed=True, window=3)
    assert eval(repr(rule), {"TieRule": analysis.TieRule}) == rule
    run = Run(tmp_path / "index.html", tmp_path / "m", [{"x": 1}], ["D01 en: failed"], {"made": 3}, [])
    assert repr(run).splitlines() == [
        f"<Run: reports 3 made; index {tmp_path / 'index.html'}>",
        "D01 en: failed",
    ]
    assert "D01 en: failed" in results.run_html(run)
    assert str(tmp_path) not in results.run_html(run)
