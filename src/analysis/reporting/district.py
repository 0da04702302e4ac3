"""One district's report: what its sections need to know, taken from the city stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

import numpy as np
import pandas as pd

from analysis.display.html import Html, element
from analysis.display.text import Text
from analysis.errors import ReportError
from analysis.reporting.city import City, load_city
from analysis.reporting.disclosure import mask_measures, tidy_measures
from analysis.reporting.masked import VALUE, Masked, mask
from analysis.reporting.numbering import write_section
from analysis.reporting.prepared import OUTCOMES, STUDY, Prepared, outcome_names, rows_of
from analysis.reporting.provenance.trail import Watched, used
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
        plain = getattr(city.frames, "plain", city.frames)
        self.city = replace(city, frames=Watched(plain))
        self.prepared: Prepared | None = getattr(plain, "prepared", None)
        self.district, self.text = district, Text(language)
        places = self._shared("places").set_index("place_id", drop=False)
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
        self._indexes: dict[int, tuple] = {}
        self.periods: list[str] = city.meta["periods"]

    def __repr__(self) -> str:
        return f"<DistrictReport of {self.district!r} in {self.text.language!r}, to be written by .section()>"

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
        from analysis.reporting.sections import SECTIONS

        return write_section(self, name, SECTIONS)

    @property
    def _plain(self) -> Mapping[str, pd.DataFrame]:
        """The frames without a note of their use."""
        return getattr(self.city.frames, "plain", self.city.frames)

    @cached_property
    def measures(self) -> pd.DataFrame:
        """Value, n and std_error of every place by measure, period and place_id; hidden ones NaN."""
        frames = dict(self._plain)
        return mask_measures(tidy_measures(frames), self.text.measure, frames["hidden"])

    @cached_property
    def masked(self) -> Masked:
        """The same for looking up: of districts by period, of all places over the whole time."""
        if self.prepared is not None:
            return self.prepared.masked
        return mask(self._plain, self.periods, self.text.measure)

    def has(self, measure: str) -> bool:
        """Whether the district has a value over the whole time, be it hidden."""
        value, n = self.value(measure)
        return n > 0 or not np.isnan(value)

    def value(self, measure: str, place: str | None = None, period: str = ALL) -> tuple[float, float]:
        """Return (value, n) of a place, by default the district over the whole time; NaN where unknown."""
        used("measure", measure)
        return self.masked.number(measure, place or self.district, period)[:2]

    def error(self, measure: str) -> float:
        """Return the standard error of the district's value over the whole time, NaN where unknown."""
        return self.masked.number(measure, self.district)[2]

    def rows(self, name: str, owner: str | None = None) -> pd.DataFrame:
        """Return the rows of a frame of the city stage that belong to this district, or to another owner.

        Parameters
        ----------
        name : str
        owner : str, optional
            A district; "all" where a frame has rows of all districts together; "" for rows of no district.
        """
        used("frame", name)
        owner = self.district if owner is None else owner
        found = None if self.prepared is None else self.prepared.rows(name, owner)
        return rows_of(self._plain[name], owner) if found is None else found

    def study_rows(self, name: str) -> pd.DataFrame:
        """Return the rows of a frame of the city stage that belong to no district."""
        return self.rows(name, STUDY)

    def shared(self, name: str) -> pd.DataFrame:
        """Return a frame of the city stage that reports read whole: places, accounting or index."""
        used("frame", name)
        return self._shared(name)

    def _shared(self, name: str) -> pd.DataFrame:
        return self._plain[name] if self.prepared is None else self.prepared.shared(name)

    @cached_property
    def _outcomes(self) -> list[str]:
        if self.prepared is not None:
            return self.prepared.shared(OUTCOMES)["measure"].tolist()
        return outcome_names(self._plain["outcomes"])["measure"].tolist()

    def outcomes(self) -> list[str]:
        """Return the names of the outcomes of the study, sorted."""
        used("frame", "outcomes")
        return self._outcomes

    def shown(self, measure: str, place: str | None = None) -> str:
        """Return a value over the whole time as text, or that it is hidden."""
        value, n = self.value(measure, place)
        n = 0 if np.isnan(n) else n
        return self.text.value(measure, value, n)

    def among(self, measure: str, places: list[str], period: str = ALL) -> pd.Series:
        """Return the values of several places, NaN where unknown or hidden."""
        used("measure", measure)
        if period == ALL:
            return pd.Series(self.masked.among(measure, places)[VALUE], self._index(places), name="value")
        values = [self.masked.number(measure, place, period)[VALUE] for place in places]
        return pd.Series(values, index=places, name="value", dtype=float)

    def course(self, measure: str, places: list[str]) -> pd.DataFrame:
        """Return a frame of periods by districts."""
        used("measure", measure)
        values = self.masked.course(measure, places, self.periods)[VALUE]
        return pd.DataFrame(values, index=self._index(self.periods), columns=self._index(places))

    def _index(self, names: list[str]) -> pd.Index:
        """Return names as an index, made once for a list that comes again."""
        if len(names) == 1:
            return pd.Index(names)
        known = self._indexes.get(id(names))
        if known is None or known[0] is not names:
            self._indexes[id(names)] = known = names, pd.Index(names)
        return known[1]

    def missing(self, family: str) -> list[str]:
        """Return the names of the tables that a family of measures lacks, or lacks rows of a kind in."""
        lacking = self.city.meta["missing"].get(family, ())
        accounts = self.shared("accounting")
        there = set(accounts.loc[(accounts["rule"] == "") & (accounts["kept"] > 0), "table"])
        names = [(name, self.text.named("table", name)) for name in lacking]
        return [
            self.text(f"word.rows_of_{family}", table=words) if name in there else words
            for name, words in names
        ]


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

    Returns
    -------
    DistrictReport
        Its title() and section(name) return HTML that shows itself.

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
    return DistrictReport(results, district or _first_district(results), language)


def _first_district(city: City) -> str:
    places = city.frames["places"]
    districts = places.loc[places["kind"] == "district", "place_id"]
    return districts.iloc[0] if len(districts) else ""
