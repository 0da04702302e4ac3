"""The indicators, one module per family; each has ENTRIES."""

from analysis.networks.families import (
    brokerage,
    change,
    closure,
    cohesion,
    connectedness,
    distances,
    mixing,
    participation,
    partition,
    reciprocity,
    timing,
)

FAMILIES = (
    cohesion, reciprocity, closure, mixing, connectedness, brokerage, change, participation, distances,
    partition, timing,
)  # fmt: skip
