"""One report on all districts: what its sections need to know, taken from the city stage."""

from __future__ import annotations

import copy

from analysis.display.html import Html, element
from analysis.reporting.city import City
from analysis.reporting.district import DistrictReport, open_report
from analysis.reporting.numbering import write_section


class CityReport:
    """The report of a whole study in one language. Make one with `open_city_report`.

    Parameters
    ----------
    reader : DistrictReport
        Any district's report: the measures it has read serve all districts.
    """

    district = "all"  # what the provenance calls it

    def __init__(self, reader: DistrictReport) -> None:
        reader.masked  # noqa: B018  read once, shared by `at`
        vars(reader).setdefault("_kept", {})
        self._reader = reader
        self.city: City = reader.city
        self.text, self.places, self.periods = reader.text, reader.places, reader.periods
        self.districts, self.all_communities = reader.districts, reader.all_communities
        self.masked, self.prepared, self.subtitle = reader.masked, reader.prepared, reader.subtitle
        self.study = self.city.meta["study_zh" if self.text.language == "zh" else "study"]

    def at(self, district: str) -> DistrictReport:
        """Return the report of one district, with the measures this one has read."""
        report = copy.copy(self._reader)
        report.district = district
        places = report.places
        communities = places[places["kind"] == "community"]
        report.communities = communities.index[
            (communities["district_id"] == district).to_numpy(bool)
        ].tolist()
        report.name = report.text.place(places.loc[district])
        return report

    @property
    def measures(self):
        """Value, n and std_error of every place by measure, period and place_id; hidden ones NaN."""
        return self._reader.measures

    def shared(self, name: str):
        """Return a frame of the city stage that reports read whole."""
        return self._reader.shared(name)

    def study_rows(self, name: str):
        """Return the rows of a frame of the city stage that belong to no district."""
        return self._reader.study_rows(name)

    def outcomes(self) -> list[str]:
        """Return the names of the outcomes of the study, sorted."""
        return self._reader.outcomes()

    def name(self, district: str) -> str:
        """Return the name of a district."""
        return self.text.place(self.places.loc[district])

    def among(self, measure: str, places: list[str]):
        """Return the values of several places over the whole time, NaN where unknown or hidden."""
        return self._reader.among(measure, places)

    def course(self, measure: str, places: list[str]):
        """Return a frame of periods by places."""
        return self._reader.course(measure, places)

    def missing(self, family: str) -> list[str]:
        """Return the names of the tables that a family of measures lacks."""
        return self._reader.missing(family)

    def __repr__(self) -> str:
        return f"<CityReport of {self.study!r} in {self.text.language!r}, to be written by .section()>"

    def title(self) -> Html:
        """Return the report's heading."""
        heading = element("h1", self.text("city.title", study=self.study))
        return Html(heading + element("p", self.subtitle, class_="subtitle"))

    def section(self, name: str) -> Html:
        """Return one section, numbered: one of the names of `citywide.sections.SECTIONS`."""
        from analysis.reporting.citywide.sections import SECTIONS

        return write_section(self, name, SECTIONS)


def open_city_report(city: str = "", language: str = "en") -> CityReport:
    """Return the report on all districts of a study, to be written section by section.

    Parameters
    ----------
    city : str
        Folder of a city stage, as in `open_report`; empty: the small synthetic city.
    language : {"en", "zh"}

    Returns
    -------
    CityReport
        Its title() and section(name) return HTML that shows itself.

    Raises
    ------
    ReportError
        The folder or the language is not there, or the study has no district.
    """
    return CityReport(open_report(city, "", language))
