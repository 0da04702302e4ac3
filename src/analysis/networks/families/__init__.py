"""The indicators, one module per family; each has ENTRIES."""

from analysis.networks.families import (
    brokerage,
    change,
    closure,
    cohesion,
    connectedness,
    mixing,
    participation,
    reciprocity,
)

FAMILIES = (cohesion, reciprocity, closure, mixing, connectedness, brokerage, change, participation)
