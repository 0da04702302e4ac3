"""From a log of interactions to ties, and from ties to indicators of social capital."""

from analysis.networks.building.build import build_ties
from analysis.networks.building.logs import read_log, read_log_parts
from analysis.networks.building.rule import TieRule
from analysis.networks.building.ties import Ties
from analysis.networks.indicators import indicators
from analysis.networks.questions.backbone import disparity, validated_ties
from analysis.networks.questions.exchange import MEASURES as EXCHANGE
from analysis.networks.questions.exchange import exchange_measures
from analysis.networks.questions.exposure import exposure
from analysis.networks.questions.inclusion import inclusion
from analysis.networks.questions.mobilisation import mobilisation
from analysis.networks.questions.organisations import (
    alliances,
    describe_kinds,
    double_report,
    fund_oversight,
    kind_mixing,
    memberships,
)
from analysis.networks.registry import INDICATORS, describe_indicators
from analysis.networks.running.run import IndicatorRun, run_indicators
from analysis.networks.showing.picture import Picture, picture
from analysis.networks.showing.view import view
from analysis.networks.variants.adjust import rarefy, size_adjusted
from analysis.networks.variants.nulls import null_test
from analysis.networks.variants.sensitivity import tie_sensitivity
from analysis.networks.variants.shuffles import curveball, shuffle_times, swap_edges
from analysis.networks.variants.uncertainty import bootstrap_indicators

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
