"""Consultation, requests, contracts, funds, budgets and aid: from the steps of matters to measures."""

from analysis.processes.bottlenecks import bottlenecks
from analysis.processes.matters import end_of, matter_table
from analysis.processes.measures import MEASURES, process_measures
from analysis.processes.procedures import (
    CONTRACT_LIFE_CYCLE,
    FIVE_DISCUSSIONS_FIVE_PUBLICATIONS,
    FOUR_DISCUSSIONS_TWO_PUBLICATIONS,
    FUND_PROJECT,
    ONLINE_AID_REQUEST,
    PARTICIPATORY_BUDGETING,
    PROCEDURES,
    SIMPLE_CONSULTATION,
    WHISTLE_AND_REPORT,
)
from analysis.processes.representation import representation
from analysis.processes.survival import median_waits, restricted_means
from analysis.processes.waiting import compare_waits
from analysis.tables.declared import read_procedures
from analysis.tables.procedures import Procedure, ProcedureStep

__all__ = [
    "CONTRACT_LIFE_CYCLE",
    "FIVE_DISCUSSIONS_FIVE_PUBLICATIONS",
    "FOUR_DISCUSSIONS_TWO_PUBLICATIONS",
    "FUND_PROJECT",
    "MEASURES",
    "ONLINE_AID_REQUEST",
    "PARTICIPATORY_BUDGETING",
    "PROCEDURES",
    "SIMPLE_CONSULTATION",
    "WHISTLE_AND_REPORT",
    "Procedure",
    "ProcedureStep",
    "bottlenecks",
    "compare_waits",
    "end_of",
    "matter_table",
    "median_waits",
    "process_measures",
    "read_procedures",
    "representation",
    "restricted_means",
]
