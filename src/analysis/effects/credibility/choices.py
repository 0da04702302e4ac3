"""Specifications: the choices behind one estimate, and every combination of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import product

from analysis.effects.credibility.rows import require_one_of

ESTIMATORS = ("att_gt", "imputation", "twfe")
TRANSFORMS = ("level", "log")


@dataclass(frozen=True)
class Specification:
    """One way to estimate the effect.

    Attributes
    ----------
    estimator : {"att_gt", "imputation", "twfe"}
    control_group : {"not_yet_treated", "never_treated"} or None
        Of att_gt; None for the others.
    outcome : str or None
        A column; None: the one the curve is about.
    transform : {"level", "log"}
        Of the outcome. Logarithms need positive values.
    sample : str or None
        A column of True and False: the rows to use. None: all.
    covariates : tuple of str
    """

    estimator: str = "att_gt"
    control_group: str | None = "not_yet_treated"
    outcome: str | None = None
    transform: str = "level"
    sample: str | None = None
    covariates: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_one_of(ESTIMATORS, estimator=self.estimator)
        require_one_of(TRANSFORMS, transform=self.transform)
        groups = ("not_yet_treated", "never_treated") if self.estimator == "att_gt" else (None,)
        require_one_of(groups, control_group=self.control_group)


CHOICES = tuple(entry.name for entry in fields(Specification))


def specifications(
    *,
    estimator: Sequence[str] = ESTIMATORS,
    control_group: Sequence[str] = ("not_yet_treated", "never_treated"),
    outcome: Sequence[str | None] = (None,),
    transform: Sequence[str] = ("level",),
    sample: Sequence[str | None] = (None,),
    covariates: Sequence[tuple[str, ...]] = ((),),
) -> list[Specification]:
    """Return every combination of the choices given; control groups multiply att_gt only.

    Parameters
    ----------
    estimator, control_group, outcome, transform, sample, covariates : sequence
        What is to be tried of each choice, as in `Specification`.

    Returns
    -------
    list of Specification
        For `specification_curve`, without repetition.

    Raises
    ------
    EstimationError
        A value that a choice does not have.
    """
    found = []
    for kind, group, *rest in product(estimator, control_group, outcome, transform, sample, covariates):
        name, change, rows, others = rest
        own = group if kind == "att_gt" else None
        found.append(Specification(kind, own, name, change, rows, tuple(others)))
    return list(dict.fromkeys(found))
