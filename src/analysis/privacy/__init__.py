"""What could tell who somebody is: found in columns, masked in messages, counted before an export."""

from analysis.privacy.cells import neutralise
from analysis.privacy.detect import detect
from analysis.privacy.generalise import generalise
from analysis.privacy.identifiers import found_in, looks_like_names, mask
from analysis.privacy.linkage import linkage_risk, risk_classes
from analysis.privacy.noise import Release, noisy_counts

__all__ = [
    "Release", "detect", "found_in", "generalise", "linkage_risk", "looks_like_names", "mask", "neutralise",
    "noisy_counts", "risk_classes",
]  # fmt: skip
