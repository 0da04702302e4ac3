"""Consultation, requests, contracts, funds, budgets and aid: from the steps of matters to measures."""

from analysis.processes.best_matching import best_matching
from analysis.processes.bottlenecks import bottlenecks
from analysis.processes.budgeting import (
    BUDGETING_MEASURES,
    budget_measures,
    budget_money,
    budgeting_measures,
)
from analysis.processes.funds import MEASURES as FUNDS
from analysis.processes.funds import fund_ledger, fund_measures, incident_series
from analysis.processes.matching import MEASURES as MATCHING
from analysis.processes.matching import listing_table, matching_measures, one_sided, unmet
from analysis.processes.matters import end_of, matter_table
from analysis.processes.measures import MEASURES, process_measures
from analysis.processes.opinion_groups import OpinionGroups, opinion_groups
from analysis.processes.opinion_statements import consensus, divisive, representativeness
from analysis.processes.opinions import (
    OPINION_MEASURES,
    agreement,
    conversations,
    last_votes,
    opinion_measures,
)
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
    "BUDGETING_MEASURES",
    "CONTRACT_LIFE_CYCLE",
    "FIVE_DISCUSSIONS_FIVE_PUBLICATIONS",
    "FOUR_DISCUSSIONS_TWO_PUBLICATIONS",
    "FUNDS",
    "FUND_PROJECT",
    "MATCHING",
    "MEASURES",
    "ONLINE_AID_REQUEST",
    "OPINION_MEASURES",
    "PARTICIPATORY_BUDGETING",
    "PROCEDURES",
    "SIMPLE_CONSULTATION",
    "WHISTLE_AND_REPORT",
    "OpinionGroups",
    "Procedure",
    "ProcedureStep",
    "agreement",
    "best_matching",
    "bottlenecks",
    "budget_measures",
    "budget_money",
    "budgeting_measures",
    "compare_waits",
    "consensus",
    "conversations",
    "divisive",
    "end_of",
    "fund_ledger",
    "fund_measures",
    "incident_series",
    "last_votes",
    "listing_table",
    "matching_measures",
    "matter_table",
    "median_waits",
    "one_sided",
    "opinion_groups",
    "opinion_measures",
    "process_measures",
    "read_procedures",
    "representation",
    "representativeness",
    "restricted_means",
    "unmet",
]
