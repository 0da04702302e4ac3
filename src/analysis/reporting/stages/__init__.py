"""What the sections of reports need beyond the measures: computed once per run, one row set per district."""

from __future__ import annotations

from analysis.reporting.stages.boundaries import FILE as BOUNDARIES
from analysis.reporting.stages.boundaries import read_boundaries
from analysis.reporting.stages.burden import burden_frames
from analysis.reporting.stages.consultation import consultation_frames
from analysis.reporting.stages.needs import fund_frames, need_frames
from analysis.reporting.stages.opinions import budget_frames, opinion_frames
from analysis.reporting.stages.ranks import rank_districts
from analysis.tables.study import Study

FRAMES = (
    "funnel", "waiting", "bottlenecks", "representation", "conversations", "opinion_sizes", "statements",
    "budgets", "budget_money", "departments", "admissions", "returns", "freed", "needs", "matching", "funds",
    "oversight", "index",
)  # fmt: skip


def section_frames(study: Study) -> dict:
    """Return the frames of `FRAMES` but index, each with a column district_id; empty without their tables."""
    found = consultation_frames(study) | opinion_frames(study) | budget_frames(study) | burden_frames(study)
    return found | need_frames(study) | fund_frames(study)


__all__ = ["BOUNDARIES", "FRAMES", "rank_districts", "read_boundaries", "section_frames"]
