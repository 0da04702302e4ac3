"""What of a study may be handed out: a panel without small cells, noisy counts, people among their like."""

from analysis.reporting.release.panel import PublicPanel, public_panel
from analysis.reporting.release.people import public_people, risk_of
from analysis.reporting.release.presence import presence
from analysis.reporting.release.write import export_noisy, export_panel, export_people

__all__ = [
    "PublicPanel", "export_noisy", "export_panel", "export_people", "presence", "public_panel",
    "public_people", "risk_of",
]  # fmt: skip
