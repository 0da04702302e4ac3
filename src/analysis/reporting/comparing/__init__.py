"""The report on what changed between two runs."""

from analysis.reporting.comparing.report import ChangeReport, open_change_report

__all__ = ["ChangeReport", "open_change_report"]
