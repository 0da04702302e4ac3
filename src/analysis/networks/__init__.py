"""From a log of interactions to ties, and from ties to indicators of social capital."""

from analysis.networks.adjust import rarefy, size_adjusted
from analysis.networks.backbone import disparity, validated_ties
from analysis.networks.build import build_ties
from analysis.networks.exchange import MEASURES as EXCHANGE
from analysis.networks.exchange import exchange_measures
from analysis.networks.exposure import exposure
from analysis.networks.inclusion import inclusion
from analysis.networks.indicators import indicators
from analysis.networks.logs import read_log, read_log_parts
from analysis.networks.mobilisation import mobilisation
from analysis.networks.nulls import null_test
from analysis.networks.organisations import (
    alliances,
    describe_kinds,
    double_report,
    fund_oversight,
    kind_mixing,
    memberships,
)
from analysis.networks.picture import Picture, picture
from analysis.networks.registry import INDICATORS, describe_indicators
from analysis.networks.rule import TieRule
from analysis.networks.run import IndicatorRun, run_indicators
from analysis.networks.sensitivity import tie_sensitivity
from analysis.networks.shuffles import curveball, shuffle_times, swap_edges
from analysis.networks.ties import Ties
from analysis.networks.uncertainty import bootstrap_indicators
from analysis.networks.view import view

__all__ = [
    "EXCHANGE",
    "INDICATORS",
    "IndicatorRun",
    "Picture",
    "TieRule",
    "Ties",
    "alliances",
    "bootstrap_indicators",
    "build_ties",
    "curveball",
    "describe_indicators",
    "describe_kinds",
    "disparity",
    "double_report",
    "exchange_measures",
    "exposure",
    "fund_oversight",
    "inclusion",
    "indicators",
    "kind_mixing",
    "memberships",
    "mobilisation",
    "null_test",
    "picture",
    "rarefy",
    "read_log",
    "read_log_parts",
    "run_indicators",
    "shuffle_times",
    "size_adjusted",
    "swap_edges",
    "tie_sensitivity",
    "validated_ties",
    "view",
]
