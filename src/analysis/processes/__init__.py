"""Consultation, requests, contracts and funds: from the steps of matters to measures."""

from analysis.processes.matters import end_of, matter_table
from analysis.processes.measures import MEASURES, process_measures
from analysis.processes.procedures import (
    CONTRACT_LIFE_CYCLE,
    FOUR_DISCUSSIONS_TWO_PUBLICATIONS,
    FUND_PROJECT,
    PROCEDURES,
    WHISTLE_AND_REPORT,
    Procedure,
    ProcedureStep,
)
from analysis.processes.survival import median_waits

__all__ = [
    "CONTRACT_LIFE_CYCLE",
    "FOUR_DISCUSSIONS_TWO_PUBLICATIONS",
    "FUND_PROJECT",
    "MEASURES",
    "PROCEDURES",
    "WHISTLE_AND_REPORT",
    "Procedure",
    "ProcedureStep",
    "end_of",
    "matter_table",
    "median_waits",
    "process_measures",
]
