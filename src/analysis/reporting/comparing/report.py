"""One report on two runs: what its sections need to know."""

from __future__ import annotations

from analysis.display.html import Html, element
from analysis.display.text import Text
from analysis.reporting.citywide.report import CityReport
from analysis.reporting.comparing.runs import find_city, scope_of
from analysis.reporting.district import DistrictReport, open_report
from analysis.reporting.numbering import write_section


class ChangeReport:
    """The report on what changed from one run to another. Make one with `open_change_report`.

    Parameters
    ----------
    old, new : CityReport
        In the same language.
    """

    def __init__(self, old: CityReport, new: CityReport) -> None:
        self.old, self.new, self.text = old, new, new.text
        self.scope = scope_of(old.city, new.city)
        self.districts = [district for district in new.districts if district in set(old.districts)]

    def name(self, district: str) -> str:
        """Return the name of a district, as the new run has it."""
        return self.new.name(district)

    def __repr__(self) -> str:
        return f"<ChangeReport in {self.text.language!r}, {len(self.districts)} districts in both runs>"

    def title(self) -> Html:
        """Return the report's heading."""
        text = self.text
        heading = element("h1", text("change.title", study=self.new.study))
        ends = [self._ends(one) for one in (self.old, self.new)]
        words = text("change.subtitle", old=ends[0], new=ends[1])
        return Html(heading + element("p", words, class_="subtitle"))

    def _ends(self, one: CityReport) -> str:
        if not one.periods:
            return "–"
        return self.text("finding.time", first=self.text.period(one.periods[0]),
                         last=self.text.period(one.periods[-1]))  # fmt: skip

    def section(self, name: str) -> Html:
        """Return one section, numbered: one of the names of `comparing.sections.SECTIONS`."""
        from analysis.reporting.comparing.sections import SECTIONS

        return write_section(self, name, SECTIONS, sources=False)  # its figures rest on two runs


def open_change_report(old: str = "", new: str = "", language: str = "en") -> ChangeReport:
    """Return the report on what changed between two runs, to be written section by section.

    Parameters
    ----------
    old, new : str
        Folders of two runs (given to --out), or of their city stages. Both empty: the small synthetic city
        against itself.
    language : {"en", "zh"}

    Returns
    -------
    ChangeReport
        Its title() and section(name) return HTML that shows itself.

    Raises
    ------
    ReportError
        A folder or the language is not there; the runs have periods of different length, or no district.
    """
    Text(language)
    if not old and not new:
        reader = CityReport(open_report("", "", language))
        return ChangeReport(reader, reader)
    cities = [find_city(folder) for folder in (old, new)]
    readers = [CityReport(DistrictReport(city, _first(city), language)) for city in cities]
    return ChangeReport(*readers)


def _first(city) -> str:
    places = city.frames["places"]
    found = places.loc[places["kind"] == "district", "place_id"]
    return found.iloc[0] if len(found) else ""
