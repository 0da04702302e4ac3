"""Duties laid on communities: how many, how many hours, by whom, whether admitted, and what came back."""

from analysis.burden.admission import admission_reasons
from analysis.burden.departments import burden_by_department
from analysis.burden.measures import MEASURES, burden_measures
from analysis.burden.returns import added_back
from analysis.burden.service import SERVICE, hours_freed, service_measures
from analysis.burden.target import compare_with_target

__all__ = [
    "MEASURES",
    "SERVICE",
    "added_back",
    "admission_reasons",
    "burden_by_department",
    "burden_measures",
    "compare_with_target",
    "hours_freed",
    "service_measures",
]
