"""Two runs side by side: what of them can be compared, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.display.numbers import SMALLEST_CELL, format_number
from analysis.errors import ReportError
from analysis.reporting.city import City, load_city
from analysis.reporting.findings.changes import PER_YEAR, Change, between, pooled
from analysis.reporting.findings.figures import measured
from analysis.reporting.layout import Layout

LATER, APART, SAME = "later", "apart", "same"
FREE = 1e-9  # relative difference that arithmetic alone can make


@dataclass(frozen=True)
class Scope:
    """What two runs allow to be compared.

    Attributes
    ----------
    how : str
        "later": the new run has periods the old one had not; those are compared with as many before.
        "apart": no period is in both; all of each are compared. "same": the same rows are in both, so no
        error applies.
    before, after : list of str
        The periods compared; empty for "same".
    season : bool
        Whether both are the same part of a year.
    common : list of str
        Periods in both runs.
    """

    how: str
    before: list[str]
    after: list[str]
    season: bool
    common: list[str]


def find_city(folder: str | Path) -> City:
    """Return the city stage of a run, or of a folder of a city stage itself.

    Raises
    ------
    ReportError
        There is none.
    """
    folder = Path(folder)
    for place in (folder, Layout(folder).city, folder / "city"):
        if (place / "city.json").is_file():
            return load_city(place)
    raise ReportError(
        "There are no results of a run here.", where=str(folder),
        expected="a folder made by gongzhi report --out",
        mend="Name the folder given to --out, or a city folder of it.",
    )  # fmt: skip


def scope_of(old: City, new: City) -> Scope:
    """Return which periods of two runs can be compared without counting a row twice.

    Raises
    ------
    ReportError
        The runs have periods of different length.
    """
    if old.meta["period"] != new.meta["period"]:
        raise ReportError(
            "The two runs have periods of different length.", where="period",
            value=f"{old.meta['period']} and {new.meta['period']}", expected="the same in both",
            mend="Run one of them again with the period of the other.",
        )  # fmt: skip
    first, second = old.meta["periods"], new.meta["periods"]
    common = [period for period in second if period in set(first)]
    if not common and first and second:
        return Scope(APART, first, second, _season(first, second, new.meta["period"]), [])
    after = [period for period in second if not first or period > first[-1]]
    if not after or not first:
        return Scope(SAME, [], [], False, common)
    line = [*first, *after]
    year = PER_YEAR[new.meta["period"]]
    at, size = len(first), min(len(after), len(first))
    after = after[:size]
    back = max(-(-size // year) * year, size)  # whole years back, so that seasons are alike
    start = at - back if back <= at else at - size
    before = line[start : start + size]
    return Scope(LATER, before, after, _season(before, after, new.meta["period"]), common)


def _season(before: list[str], after: list[str], frequency: str) -> bool:
    year = PER_YEAR[frequency]
    whole = len(before) % year == 0 and len(after) % year == 0
    return whole or [period[4:] for period in before] == [period[4:] for period in after]


def moved(old, new, scope: Scope, district: str, measure: str) -> Change | None:
    """Return the change of a measure of a district between two runs, None where it cannot be shown.

    Parameters
    ----------
    old, new : DistrictReport
        Of this district.
    scope : Scope
        With "same", the difference is that of the figures as they are shown, without interval; it is withheld
        where one to four more people or cases are in one run than in the other.
    district, measure : str
    """
    if scope.how != SAME:
        pair = pooled(old, measure, district, scope.before), pooled(new, measure, district, scope.after)
        return between(*pair) if all(figure.known for figure in pair) else None
    first, last = measured(old, measure), measured(new, measure)
    if not (first.known and last.known) or gives_away(first.n, last.n):
        return None
    return Change(first, last, _shown(last) - _shown(first))


def gives_away(n_old: float, n_new: float) -> bool:
    """Whether the difference of two figures would be that of one to four people or cases."""
    return 0 < abs(n_new - n_old) < SMALLEST_CELL


def _shown(figure) -> float:
    number = format_number(figure.value, figure.kind).replace(",", "").replace("−", "-").rstrip("%")
    return float(number) / (100 if figure.kind == "share" else 1)


def restated(old, new, common: list[str]) -> pd.DataFrame:
    """Return how many figures of districts for periods in both runs are not the same.

    Returns
    -------
    DataFrame
        measure, compared, differ (cells of a district and a period).
    """
    parts = []
    for report in (old, new):
        rows = report.measures.reset_index()
        districts = [d for d in old.districts if d in set(new.districts)]
        rows = rows[rows["place_id"].isin(districts) & rows["period"].isin(common)]
        parts.append(rows.set_index(["measure", "place_id", "period"])[["value"]])
    both = pd.concat([parts[0]["value"].rename("old"), parts[1]["value"].rename("new")], axis=1, join="inner")
    both = both.astype(float).dropna()
    differ = (both["old"] - both["new"]).abs() > FREE * both.abs().max(axis=1)
    table = pd.DataFrame({"compared": 1, "differ": differ.astype(int)})
    table = table.groupby(level="measure").sum()
    return table[table["differ"] > 0].sort_values("differ", ascending=False, kind="stable").reset_index()


def places_changed(old: City, new: City) -> pd.DataFrame:
    """Return the places that came, went, or now lie elsewhere: place_id, kind, what, and a row's names."""
    first, second = (city.frames["places"].set_index("place_id", drop=False) for city in (old, new))
    went = first[~first.index.isin(second.index)].assign(what="went")
    came = second[~second.index.isin(first.index)].assign(what="came")
    both = second.index.intersection(first.index)
    parents = [table.loc[both, "parent_id"].astype("object").fillna("") for table in (first, second)]
    elsewhere = parents[0] != parents[1]
    shifted = second.loc[both][elsewhere.to_numpy()].assign(what="elsewhere")
    return pd.concat([came, went, shifted]).reset_index(drop=True)


def made_differently(old: City, new: City) -> list[tuple[str, str, str]]:
    """Return (what, old, new) for every version, rule and setting that is not the same in both runs."""
    found = []
    flat = [_flat(city.meta) for city in (old, new)]
    for name in dict.fromkeys([*flat[0], *flat[1]]):
        pair = tuple(str(one.get(name, "")) for one in flat)
        if pair[0] != pair[1]:
            found.append((name, *pair))
    return found


def _flat(meta: dict) -> dict[str, object]:
    rule = {
        f"tie_rule.{key}": value for key, value in meta["tie_rule"].items() if key not in ("start", "end")
    }
    periods = meta["periods"]
    settings = {"version": meta["version"], "period": meta["period"], "settle_days": meta["settle_days"],
                "first_period": periods[0] if periods else "", "last_period": periods[-1] if periods else "",
                "residents_from_people": meta["residents_from_people"],
                "index": ", ".join(name for name, _ in meta["index"]["indicators"]),
                "missing": ", ".join(sorted(meta["missing"]))}  # fmt: skip
    return settings | rule


def inputs_changed(old: City, new: City) -> dict[str, list[str]]:
    """Return the input files that are the same, changed, came, or went, by name."""
    first, second = old.meta["inputs"], new.meta["inputs"]
    both = [name for name in second if name in first]
    return {
        "same": [name for name in both if first[name] == second[name]],
        "changed": [name for name in both if first[name] != second[name]],
        "came": [name for name in second if name not in first],
        "went": [name for name in first if name not in second],
    }
