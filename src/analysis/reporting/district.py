"""One district's report: what its sections need to know, taken from the city stage."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np
import pandas as pd

from analysis.display.html import Html, element
from analysis.display.text import Text
from analysis.errors import ReportError
from analysis.reporting.city import City, load_city
from analysis.reporting.disclosure import mask_measures, tidy_measures
from analysis.reporting.numbering import number_section
from analysis.reporting.provenance.trail import Watched, following, used, with_sources
from analysis.tables.periods import ALL


class DistrictReport:
    """The report of one district in one language. Make one with `open_report`.

    Parameters
    ----------
    city : City
    district : str
        place_id of a district.
    language : {"en", "zh"}
    """

    def __init__(self, city: City, district: str, language: str) -> None:
        self.city = replace(city, frames=Watched(city.frames))
        self.district, self.text = district, Text(language)
        places = city.frames["places"].set_index("place_id", drop=False)
        districts = places.index[places["kind"] == "district"].tolist()
        if district not in districts:
            raise ReportError(
                "There is no such district in the study.", where="district", value=district,
                expected="one of " + ", ".join(districts[:12]) + (" …" if len(districts) > 12 else ""),
                mend="Use one of these identifiers.",
            )  # fmt: skip
        self.places, self.districts = places, districts
        communities = places[places["kind"] == "community"]
        self.all_communities = communities.index.tolist()
        self.communities = communities.index[(communities["district_id"] == district).to_numpy(bool)].tolist()
        self.name = self.text.place(places.loc[district])
        self.periods: list[str] = city.meta["periods"]

    def title(self) -> Html:
        """Return the report's heading."""
        heading = element("h1", self.text("report.title", district=self.name))
        return Html(heading + element("p", self.subtitle, class_="subtitle"))

    @property
    def subtitle(self) -> str:
        """The study and the time covered."""
        study = self.city.meta["study_zh" if self.text.language == "zh" else "study"]
        first, last = (self.periods[0], self.periods[-1]) if self.periods else ("–", "–")
        first, last = self.text.period(first), self.text.period(last)
        return self.text("report.subtitle", study=study, first=first, last=last)

    def section(self, name: str) -> Html:
        """Return one section, numbered: one of the names of `sections.SECTIONS`."""
        from analysis.display.figures import style
        from analysis.reporting.sections import SECTIONS

        if name not in SECTIONS:
            raise ReportError(
                "There is no such section.", where="section", value=name, expected=", ".join(SECTIONS),
                mend="Use one of these names.",
            )  # fmt: skip
        with style(self.text.language), following() as trail:
            html = number_section(SECTIONS[name](self), list(SECTIONS).index(name) + 1, self.text)
            return with_sources(html, trail)

    @cached_property
    def measures(self) -> pd.DataFrame:
        """Value, n and std_error of every place by measure, period and place_id; hidden ones NaN."""
        frames = dict(self.city.frames)
        return mask_measures(tidy_measures(frames), self.text.measure, frames["hidden"])

    def has(self, measure: str) -> bool:
        """Whether the district has a value over the whole time, be it hidden."""
        value, n = self.value(measure)
        return n > 0 or not np.isnan(value)

    def value(self, measure: str, place: str | None = None, period: str = ALL) -> tuple[float, float]:
        """Return (value, n) of a place, by default the district over the whole time; NaN where unknown."""
        used("measure", measure)
        try:
            row = self.measures.loc[(measure, period, place or self.district)]
        except KeyError:
            return np.nan, 0
        return float(row["value"]), float(row["n"])

    def error(self, measure: str) -> float:
        """Return the standard error of the district's value over the whole time, NaN where unknown."""
        try:
            return float(self.measures.loc[(measure, ALL, self.district)]["std_error"])
        except KeyError:
            return np.nan

    def rows(self, name: str) -> pd.DataFrame:
        """Return this district's rows of a frame of the city stage."""
        frame = self.city.frames[name]
        return frame[frame["district_id"] == self.district].reset_index(drop=True)

    def shown(self, measure: str, place: str | None = None) -> str:
        """Return a value over the whole time as text, or that it is hidden."""
        value, n = self.value(measure, place)
        n = 0 if np.isnan(n) else n
        return self.text.value(measure, value, n)

    def among(self, measure: str, places: list[str], period: str = ALL) -> pd.Series:
        """Return the values of several places, NaN where unknown or hidden."""
        return self._slice(measure, period)["value"].reindex(places).astype(float)

    def course(self, measure: str, places: list[str]) -> pd.DataFrame:
        """Return a frame of periods by places."""
        used("measure", measure)
        try:
            rows = self.measures.loc[measure]["value"].unstack("place_id")
        except KeyError:
            rows = pd.DataFrame(dtype=float)
        return rows.reindex(index=self.periods, columns=places).astype(float)

    def missing(self, family: str) -> list[str]:
        """Return the names of the tables that a family of measures lacks, or lacks rows of a kind in."""
        lacking = self.city.meta["missing"].get(family, ())
        accounts = self.city.frames["accounting"].query("rule == ''")
        there = set(accounts.loc[accounts["kept"] > 0, "table"])
        names = [(name, self.text.named("table", name)) for name in lacking]
        return [
            self.text(f"word.rows_of_{family}", table=words) if name in there else words
            for name, words in names
        ]

    def _slice(self, measure: str, period: str) -> pd.DataFrame:
        used("measure", measure)
        try:
            return self.measures.loc[(measure, period)]
        except KeyError:
            return pd.DataFrame({"value": [], "n": []})


def open_report(city: str = "", district: str = "", language: str = "en") -> DistrictReport:
    """Return the report of a district, to be written section by section.

    Parameters
    ----------
    city : str
        Folder of a city stage (DIR/city of a run). Empty: the small synthetic city of data/examples, computed
        here and now.
    district : str
        place_id of a district. Empty: the first.
    language : {"en", "zh"}

    Raises
    ------
    ReportError
        The folder, the district or the language is not there.
    """
    if city:
        results = load_city(city)
    else:
        from analysis.reporting.city import run_city
        from analysis.tables import example_study, open_study

        results = run_city(open_study(example_study()))
    places = results.frames["places"]
    first = places.loc[places["kind"] == "district", "place_id"]
    return DistrictReport(results, district or (first.iloc[0] if len(first) else ""), language)
