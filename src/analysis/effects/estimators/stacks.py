"""Cohorts with their clean controls, pooled by event time: what stacks and local projections share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.effects.estimators.cells import sum_by
from analysis.effects.panel.design import Design
from analysis.effects.results.estimate import add_inference


@dataclass(frozen=True)
class Stack:
    """Treated and clean comparison units of one cohort, with their changes since the reference period.

    Attributes
    ----------
    treated, controls : (n,) arrays of int
        Units.
    changes : (units, K) array
        Change of each unit of the design up to each of K event times; only those of the stack are read.
    """

    treated: np.ndarray
    controls: np.ndarray
    changes: np.ndarray


@dataclass(frozen=True)
class Pooled:
    """Effects of K event times averaged over stacks.

    Attributes
    ----------
    estimate : (K,) array
        NaN where there is no stack.
    parts : (units, K) array
        Contributions of units to the errors.
    n_treated, size : (K,) arrays
        Treated units, and the sum of their weights.
    measured : (K,) array of bool
        Whether treated and comparison units of a stack lie in more than one cluster each.
    """

    estimate: np.ndarray
    parts: np.ndarray
    n_treated: np.ndarray
    size: np.ndarray
    measured: np.ndarray


def pool_stacks(
    design: Design, stacks: list[tuple[int, Stack]], width: int, weighting: str, effects: bool
) -> Pooled:
    """Average the effects of stacks, each given with the event time (0 to width - 1) it is of.

    "variance" weights stacks by N1 N0 / (N1 + N0), as least squares with stack effects does, "treated" by
    treated units. Residuals are around one common effect and, with `effects`, stack effects; else around the
    pooled means, as in the weighted regression of Wing, Freedman and Hollingsworth (2024).
    """
    estimate, parts = np.full(width, np.nan), np.zeros((design.n_units, width))
    n_treated, size, measured = np.zeros(width, int), np.zeros(width), np.zeros(width, bool)
    for k in range(width):
        own = [stack for at, stack in stacks if at == k]
        if not own:
            continue
        means, sizes = _means(design, own, k)
        share = _shares(sizes, weighting)
        estimate[k] = share @ (means[:, 0] - means[:, 1])
        _contribute(design, own, k, share, (means, sizes), (estimate[k], effects), parts)
        n_treated[k] = sum(len(stack.treated) for stack in own)
        size[k] = sizes[:, 0].sum()
        measured[k] = any(_spread(design, stack) for stack in own)
    return Pooled(estimate, parts, n_treated, size, measured)


def _means(design: Design, stacks: list[Stack], k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return each stack's mean change of treated and of controls, and their weights."""
    groups = [(stack.treated, stack.controls, stack.changes[:, k]) for stack in stacks]
    sizes = np.array([[design.weights[units].sum() for units in both[:2]] for both in groups])
    sums = np.array([[design.weights[units] @ both[2][units] for units in both[:2]] for both in groups])
    return sums / sizes, sizes


def _shares(sizes: np.ndarray, weighting: str) -> np.ndarray:
    share = sizes.prod(axis=1) / sizes.sum(axis=1) if weighting == "variance" else sizes[:, 0]
    return share / share.sum()


def _contribute(design, stacks, k: int, share, by_stack: tuple, pooled: tuple, parts) -> None:
    (means, sizes), (effect, effects) = by_stack, pooled
    for s, stack in enumerate(stacks):
        if effects:
            centre = (sizes[s] @ means[s]) / sizes[s].sum()
            among = sizes[s, 0] / sizes[s].sum()
            around = centre + effect * np.array([1 - among, -among])
        else:
            around = share @ means
        for group, (units, sign) in enumerate(((stack.treated, 1.0), (stack.controls, -1.0))):
            weight = sign * share[s] * design.weights[units] / sizes[s, group]
            parts[units, k] += weight * (stack.changes[units, k] - around[group])


def _spread(design: Design, stack: Stack) -> bool:
    return all(len(np.unique(design.clusters[units])) > 1 for units in (stack.treated, stack.controls))


def figures_of_pool(
    design: Design, pooled: Pooled, mixes: np.ndarray, factor: np.ndarray | float, reference: int
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return table columns and the covariance matrix of the event times and, last, of their averages `mixes`.

    Student's t with G - 1 degrees of freedom; `factor` is that on variances, one for all event times or one
    for each. Event time number `reference` is a row of its own kind.
    """
    known = np.isfinite(pooled.estimate)
    matrix = np.hstack([np.diag(known.astype(float)), mixes])
    parts = sum_by((np.sqrt(factor) * pooled.parts) @ matrix, design.clusters)
    covariance = parts.T @ parts
    estimate = np.nan_to_num(pooled.estimate) @ matrix
    measured = (matrix != 0)[pooled.measured].any(axis=0)
    errors = np.where(measured, np.sqrt(np.diag(covariance)), np.nan)
    status = np.where((matrix != 0).any(axis=0), "estimated", "no_comparison").astype(object)
    if reference >= 0:
        status[reference] = "reference"
    identified = status == "estimated"
    columns = add_inference(
        np.where(identified, estimate, np.nan), np.where(identified, errors, np.nan), design.n_clusters - 1.0
    )
    return columns | {"identified": identified, "status": status}, covariance
