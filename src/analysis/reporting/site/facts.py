"""What the site says of each district in one language, taken from the city stage."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from analysis.display.numbers import DIGITS, NO_VALUE, SMALLEST_CELL, format_number, is_hidden
from analysis.display.text import Label
from analysis.reporting.city import City
from analysis.reporting.district import DistrictReport
from analysis.reporting.findings.figures import limits, of_cases
from analysis.tables.periods import ALL

KEY = (
    "satisfaction", "participation", "network_active_share", "network_support", "consultation_breadth",
    "consultation_completeness", "consultation_answered", "consultation_days_to_answer", "request_resolved",
    "burden_duties", "burden_hours", "matching_needs_met", "trust", "request_days_to_answer",
    "budgeting_turnout", "ledger_published_30",
)  # fmt: skip
MOST, LEAST = 9, 4
TIDY = ("indicators", "processes", "burden", "further", "outcomes")


@dataclass(frozen=True)
class Figure:
    """One value of one district: rounded as it is shown, NaN where it is not.

    `low` and `high` are the ends of its 95 % interval, NaN where there is none.
    """

    value: float
    shown: str
    n: str
    low: float
    high: float
    status: str  # shown, hidden or unknown


@dataclass(frozen=True)
class District:
    """What the site says of a district; `rank` is (median, low, high), or None without a rank."""

    id: str
    name: str
    other: str
    names: tuple[str, str]
    communities: int
    figures: dict[str, Figure]
    adopted: dict[str, int]
    rank: tuple[int, int, int] | None
    reports: list[dict]

    def count(self, status: str) -> int:
        """Return how many of its figures have a status."""
        return sum(figure.status == status for figure in self.figures.values())

    @property
    def report_state(self) -> str:
        """Return "failed" if one of its reports failed, else "made", or "none" where none was asked for."""
        states = {entry["status"] == "failed" for entry in self.reports}
        return "failed" if True in states else "made" if states else "none"


class Facts:
    """Everything the pages are made from, in one language.

    Parameters
    ----------
    city : City
    language : {"en", "zh"}
    reports : list of dict
        Entries of the manifest: district, language, status, error, page, and pdf and docx where made.

    Attributes
    ----------
    measures : list of str
        The measures shown: those of `KEY` that the study has, then its other outcomes.
    """

    def __init__(self, city: City, language: str, reports: list[dict]) -> None:
        self.city, self.reports = city, reports
        places = city.frames["places"]
        ids = places.loc[places["kind"] == "district", "place_id"].tolist()
        frames = dict(city.frames)
        for name in TIDY:
            frames[name] = frames[name][frames[name]["place_id"].isin(ids)]
        self.report = DistrictReport(replace(city, frames=frames), ids[0], language)
        self.text = self.report.text
        self.measures = self._choose()

    @cached_property
    def districts(self) -> list[District]:
        """Every district of the study, in the order of its table of places."""
        places = self.city.frames["places"]
        inside = places[places["kind"] == "community"].groupby("district_id").size()
        figures = {measure: self._figures(measure) for measure in self.measures}
        ranks = {row.district_id: row for row in self.city.frames["index"].itertuples()}
        adopted = self._adopted()
        found = []
        for district in self.report.districts:
            row = self.report.places.loc[district]
            name, names = self.text.place(row), _names(row)
            rank = ranks.get(district)
            found.append(
                District(
                    district, name, next((n for n in names if n and n != name), ""), names,
                    int(inside.get(district, 0)), {m: figures[m][district] for m in self.measures},
                    adopted.get(district, {}),
                    rank and (int(rank.rank_median), int(rank.rank_low), int(rank.rank_high)),
                    [entry for entry in self.reports if entry["district"] == district],
                )
            )  # fmt: skip
        return found

    @property
    def reforms(self) -> list[str]:
        """The reforms that a community of the study adopted."""
        return sorted(self.city.frames["adoption"]["reform"].unique())

    def course(self, measure: str) -> pd.DataFrame:
        """Return a measure as periods by districts, NaN where hidden or unknown."""
        course = self.report.course(measure, self.report.districts)
        label = self.text.measure(measure)
        return course.mask((course > 0) & (course < SMALLEST_CELL)) if _counts_people(label) else course

    def _choose(self) -> list[str]:
        measures = self.report.measures
        if ALL not in measures.index.get_level_values("period"):
            return []
        here = measures.xs(ALL, level="period")
        here = here[here["value"].notna() | (here["n"] > 0)]
        there = list(dict.fromkeys(here.index.get_level_values("measure")))
        on_register = self.city.meta.get("residents_from_people", 0) > 0
        key = [m for m in KEY if m in there and not (on_register and m == "consultation_breadth")]
        outcomes = sorted(set(self.city.frames["outcomes"]["measure"]) & set(there))
        own = [m for m in outcomes if self.text.measure(m).name == m.replace("_", " ")]  # the study's own
        chosen = list(dict.fromkeys([*own[:3], *key]))[:MOST]
        spare = [m for m in (*outcomes, *there) if m not in chosen and m not in KEY]
        return [*chosen, *list(dict.fromkeys(spare))[: max(LEAST - len(chosen), 0)]]

    def _figures(self, measure: str) -> dict[str, Figure]:
        label = self.text.measure(measure)
        rows = self.report.measures.loc[(measure, ALL)].reindex(self.report.districts)
        return {
            district: self._figure(measure, label, row.value, row.n, row.std_error)
            for district, row in zip(rows.index, rows.itertuples(), strict=True)
        }

    def _figure(self, measure: str, label: Label, value: float, n: float, error: float) -> Figure:
        n = 0 if math.isnan(n) else n
        small = math.isnan(value) and is_hidden(n) and label.counts != "places"  # as DistrictReport masks it
        small |= _counts_people(label) and is_hidden(value)
        if small or math.isnan(value):
            shown = self.text("site.hidden") if small else NO_VALUE
            return Figure(math.nan, shown, "", math.nan, math.nan, "hidden" if small else "unknown")
        low, high = limits(value, n, error, kind=label.kind, cases=of_cases(measure))
        counted = "" if label.kind in ("people", "yuan") else format_number(n, "people")
        digits = places_after_point(label.kind)
        return Figure(round(value, digits), format_number(value, label.kind), counted,
                      round(low, digits + 1), round(high, digits + 1), "shown")  # fmt: skip

    def _adopted(self) -> dict[str, dict[str, int]]:
        rows = self.city.frames["adoption"].groupby(["district_id", "reform"]).size()
        adopted: dict[str, dict[str, int]] = {}
        for (district, reform), count in rows.items():
            adopted.setdefault(district, {})[reform] = int(count)
        return adopted


def places_after_point(kind: str) -> int:
    """Return to how many digits after the point a value of this kind is shown; shares before the percent."""
    return DIGITS.get(kind, 2) + (2 if kind == "share" else 0)


def groups(values: list[float], most: int = 5) -> np.ndarray:
    """Return the group of each value, 0 lowest, in up to `most` groups of about the same size; NaN gives -1.

    Equal values are in one group.
    """
    values = np.asarray(values, dtype=float)
    known = values[~np.isnan(values)]
    if not len(known):
        return np.full(len(values), -1)
    cuts = np.unique(np.quantile(known, np.arange(1, most) / most, method="inverted_cdf"))
    found = np.searchsorted(cuts, values, side="left")
    used = {old: new for new, old in enumerate(np.unique(found[~np.isnan(values)]))}
    return np.array([-1 if np.isnan(v) else used[f] for v, f in zip(values, found, strict=True)])


def _counts_people(label: Label) -> bool:
    return label.kind == "people" and label.counts != "places"


def _names(row: pd.Series) -> tuple[str, str]:
    return tuple(n if isinstance(n, str) else "" for n in (row["name"], row["name_zh"]))
