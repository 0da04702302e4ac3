"""Estimates in words: both languages, the figure, the interval, the comparison and the largest doubt."""

import re
import string
import tomllib
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest

from analysis.display import effect_text
from analysis.display.effect_words import DOUBTS, LESSER, format_effect, note_text, p_text
from analysis.display.text import LANGUAGES, Text
from analysis.effects import Note, att_gt, event_study, imputation, run_checks, sensitivity, twfe
from analysis.effects.results.notes import TEMPLATES
from analysis.errors import ReportError

KEYS = {"unit": "place_id", "time": "time", "cohort": "cohort_consultation"}


def catalogue():
    return tomllib.loads(files("analysis.display.text").joinpath("effects.toml").read_text(encoding="utf-8"))


def fields(template):
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def make_panel(effect=2.0, treated=20, trend=0.0, seed=0):
    rng = np.random.default_rng(seed)
    units, periods = 60, 12
    start = np.where(np.arange(units) < treated, 7, 99)
    frame = pd.DataFrame([(f"C{i:02d}", t, start[i]) for i in range(units) for t in range(periods)],
                         columns=["place_id", "time", "start"])  # fmt: skip
    ever = frame["start"] < 99
    after = frame["time"] >= frame["start"]
    frame["trust"] = 60 + effect * after + trend * ever * frame["time"] + rng.normal(0, 1, len(frame))
    frame["cohort_consultation"] = frame["start"].where(ever).astype("Int64")
    frame["treated"] = after.astype(float)
    return frame


def test_catalogue_says_the_same_in_both_languages():
    for section, texts in catalogue().items():
        for key, words in texts.items():
            assert set(words) == set(LANGUAGES), f"{section}.{key}"
            assert fields(words["en"]) == fields(words["zh"]), f"{section}.{key}"
            if section in ("effect", "effect_note", "effect_comparison", "effect_check"):
                assert key == "interval" or re.search("[\u3000-\u9fff，。}]", words["zh"]), f"{section}.{key}"
    shared = set(catalogue()) & set(tomllib.loads(
        files("analysis.display.text").joinpath("en.toml").read_text(encoding="utf-8")))  # fmt: skip
    assert not shared


def test_translations_ask_for_what_the_notes_carry():
    ours = {"parallel_trends", "pre_trends_failed", "fragile", "fragile_zero", "few_treated", "no_proof",
            "comparisons_clean"}  # fmt: skip
    known = catalogue()["effect_note"]
    for code, words in known.items():
        if code not in ours:
            assert fields(words["en"]) <= fields(TEMPLATES[code]), code
    assert set(DOUBTS) | set(LESSER) <= set(known)


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentence_holds_figure_interval_comparison_and_doubt(language):
    estimate = att_gt(make_panel(), "trust", **KEYS, n_boot=0)
    row = estimate.aggregate("overall").table.iloc[0]
    said = effect_text(estimate, language)
    for name in ("estimate", "conf_low", "conf_high"):
        assert format_effect(row[name], row["std_error"], "points") in said
    assert Text(language)("effect_note.parallel_trends") in said
    assert ("communities that had not yet adopted" if language == "en" else "尚未实施的社区") in said
    assert "signific" not in said
    assert "*" not in said


def test_interval_with_zero_says_what_would_have_been_found():
    estimate = att_gt(make_panel(effect=0.0, seed=3), "trust", **KEYS, n_boot=0).aggregate("overall")
    row = estimate.table.iloc[0]
    assert row["conf_low"] < 0 < row["conf_high"]
    said = effect_text(estimate)
    assert "cannot be told from no change" in said
    assert format_effect(2.8 * row["std_error"], row["std_error"], "points").lstrip("+") in said


def test_largest_doubt_is_the_gravest():
    panel = make_panel()
    staggered = panel.assign(start=np.where(panel["place_id"] < "C10", 5, panel["start"]))
    staggered["treated"] = (staggered["time"] >= staggered["start"]).astype(float)
    two_way = twfe(staggered, "trust", unit="place_id", time="time", treatment="treated")
    assert "2 different times" in effect_text(two_way, reform="Consultation")
    few = att_gt(make_panel(treated=4), "trust", **KEYS, n_boot=0)
    assert "only 4 units are treated" in effect_text(few)
    drift = make_panel(trend=0.8)
    checks = run_checks(drift, "trust", **KEYS)
    assert "already moved apart" in effect_text(att_gt(drift, "trust", **KEYS, n_boot=0), checks=checks)
    weak = sensitivity(event_study(make_panel(effect=0.5), "trust", **KEYS), target="average", window=(-4, 4))
    value = weak.table["breakdown"].iloc[0]
    assert 0 < value < 1
    said = effect_text(imputation(make_panel(effect=0.5), "trust", **KEYS), robustness=weak)
    assert f"{value:.2f} times" in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_estimates_without_interval_or_figure_say_so(language):
    estimate = att_gt(make_panel(), "trust", **KEYS, n_boot=0).aggregate("overall")
    bare = replace(estimate, table=estimate.table.assign(std_error=np.nan, conf_low=np.nan, conf_high=np.nan))
    assert ("no evidence" if language == "en" else "不能作为") in effect_text(bare, language)
    none = replace(estimate, table=estimate.table.assign(identified=False, estimate=np.nan,
                                                         status="no_comparison"))  # fmt: skip
    said = effect_text(none, language)
    assert Text(language)("effect_status.no_comparison") in said
    assert "nan" not in said


def test_terms_languages_and_own_names():
    estimate = att_gt(make_panel(), "trust", **KEYS, n_boot=0).aggregate("event_time")
    assert effect_text(estimate, term="event_time=0") != effect_text(estimate)
    with pytest.raises(KeyError, match="none of the estimate's terms"):
        effect_text(estimate, term="event_time=77")
    with pytest.raises(ReportError, match="no texts in this language"):
        effect_text(estimate, "fr")
    said = effect_text(estimate, reform="the new law", outcome="Homicides", units="states", kind="share")
    assert said.startswith("The new law")
    assert "states that had not yet adopted" in said
    assert "percentage points" in said


def test_share_is_told_in_percentage_points_and_digits_follow_the_error():
    assert format_effect(0.0327, 0.005, "share") == "+3.3"
    assert format_effect(-0.0004, 0.0002) == "−0.0004"
    assert format_effect(1.234, 0.5, "points") == "+1.2"
    assert format_effect(float("nan"), 1.0) == "–"
    assert format_effect(-0.001, 0.5, "points") == "0.0"
    assert p_text(0.0, 499) == "<0.002"
    assert p_text(0.0432) == "0.043"


def test_a_note_without_translation_stays_english():
    note = Note("durations_few", clusters=3)
    assert note_text(note, Text("zh")) == str(note)
    assert "3" in note_text(Note("few_clusters", clusters=3), Text("zh"))
