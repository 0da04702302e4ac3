"""From a log of interactions to ties, and from ties to indicators of social capital."""

from analysis.networks.indicators import indicators
from analysis.networks.logs import read_log
from analysis.networks.registry import INDICATORS, describe_indicators
from analysis.networks.rule import TieRule
from analysis.networks.run import IndicatorRun, run_indicators
from analysis.networks.sensitivity import tie_sensitivity
from analysis.networks.ties import Ties, build_ties

__all__ = [
    "INDICATORS",
    "IndicatorRun",
    "TieRule",
    "Ties",
    "build_ties",
    "describe_indicators",
    "indicators",
    "read_log",
    "run_indicators",
    "tie_sensitivity",
]
