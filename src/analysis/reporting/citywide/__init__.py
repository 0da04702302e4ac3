"""The report on all districts of a study in one document."""

from analysis.reporting.citywide.report import CityReport, open_city_report

__all__ = ["CityReport", "open_city_report"]
