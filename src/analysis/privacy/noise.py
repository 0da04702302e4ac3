"""Counts of people with differential privacy: bounded contributions, then noise by OpenDP."""

from __future__ import annotations

import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError

MOST_EPSILON = 20.0  # above it the promise says next to nothing
CELL = ["place_id", "period"]


@dataclass(frozen=True)
class Release:
    """Counts that may be handed out.

    Attributes
    ----------
    counts : DataFrame
        place_id, period and a column per measure: whole numbers, which may be negative.
    budget : DataFrame
        measure, cells (how many are released), sensitivity (by how much one person can change all cells of
        the measure together), scale (of the noise), error_95 (with probability 0.95 a count is off by no
        more), epsilon; the last row, measure "all", is what the release costs as a whole.
    bounded : DataFrame
        measure, cells_in, cells_used, people, people_bounded: what bounding the contributions left out. It is
        exact, hence not to be handed out.
    """

    counts: pd.DataFrame
    budget: pd.DataFrame
    bounded: pd.DataFrame


def noisy_counts(
    presence: dict[str, pd.DataFrame],
    places: Sequence[str],
    periods: Sequence[str],
    *,
    epsilon: float,
    cells_per_person: int,
) -> Release:
    """Count the different people of every place and period, with noise that hides any one of them.

    Parameters
    ----------
    presence : dict of str to DataFrame
        Measure -> person_id, place_id, period: where and when a person counts. Doubled rows count once, and
        rows of other places and periods than those named not at all.
    places, periods : sequence of str
        Every place and period is released, whether anybody is there or not: they must be public knowledge.
    epsilon : float
        Privacy loss of the whole release, all measures, places and periods together; above 0, at most 20.
    cells_per_person : int
        A person counts in at most so many places by periods of each measure; which ones is drawn by lot, for
        each person apart.

    Returns
    -------
    Release

    Raises
    ------
    AnalysisError
        OpenDP is not installed, or epsilon or cells_per_person is no such number.

    Notes
    -----
    Two tables are neighbours if one holds all rows of one person more, in all measures. Every measure then
    changes in at most `cells_per_person` cells by 1, all of them by m x cells_per_person together, and
    discrete Laplace noise of scale m x cells_per_person / epsilon on every cell gives epsilon-differential
    privacy (Dwork et al. 2006; Ghosh, Roughgarden and Sundararajan 2009). OpenDP draws the noise from the
    system's secure source; there is no seed. The lot draws from a source of its own that nobody can repeat.
    """
    dp = _opendp()
    _check(epsilon, cells_per_person)
    names = list(presence)
    index = pd.MultiIndex.from_product([list(places), list(periods)], names=CELL)
    lot = np.random.default_rng(secrets.randbits(128))
    exact, bounded = [], []
    for name in names:
        cells = _cells(presence[name], index)
        kept = _bounded(cells, cells_per_person, lot)
        exact.append(np.bincount(kept["cell"], minlength=len(index)))
        per_person = cells["person"].value_counts()
        bounded.append(
            (name, len(cells), len(kept), len(per_person), int((per_person > cells_per_person).sum()))
        )
    sensitivity = len(names) * cells_per_person
    space = dp.vector_domain(dp.atom_domain(T="i64")), dp.l1_distance(T="i64")
    scale = dp.binary_search_param(
        lambda scale: dp.m.make_laplace(*space, scale=scale), d_in=sensitivity, d_out=float(epsilon)
    )
    noise = dp.m.make_laplace(*space, scale=scale)
    released = (
        np.asarray(noise(np.concatenate(exact).tolist()), np.int64) if len(index) else np.empty(0, np.int64)
    )
    counts = pd.DataFrame(
        released.reshape(len(names), len(index)).T, columns=names, index=index
    ).reset_index()
    error = math.ceil(dp.discrete_laplacian_scale_to_accuracy(scale=scale, alpha=0.05))
    rows = [(name, len(index), cells_per_person, scale, error, noise.map(cells_per_person)) for name in names]
    rows.append(("all", len(names) * len(index), sensitivity, scale, error, noise.map(sensitivity)))
    budget = pd.DataFrame(rows, columns=["measure", "cells", "sensitivity", "scale", "error_95", "epsilon"])
    columns = ["measure", "cells_in", "cells_used", "people", "people_bounded"]
    return Release(counts, budget, pd.DataFrame(bounded, columns=columns))


def _cells(rows: pd.DataFrame, index: pd.MultiIndex) -> pd.DataFrame:
    """Return person and cell numbers, each pair once."""
    at = (
        index.get_indexer(pd.MultiIndex.from_frame(rows[CELL].astype("str")))
        if len(rows)
        else np.empty(0, int)
    )
    person, _ = pd.factorize(rows["person_id"])
    found = pd.DataFrame({"person": person, "cell": at})
    return found[(found["cell"] >= 0) & (found["person"] >= 0)].drop_duplicates(ignore_index=True)


def _bounded(cells: pd.DataFrame, most: int, lot: np.random.Generator) -> pd.DataFrame:
    """Return at most so many cells of each person, drawn by lot; nobody's draw depends on another's cells."""
    shuffled = cells.iloc[lot.permutation(len(cells))]
    return shuffled[shuffled.groupby("person").cumcount() < most]


def _check(epsilon: float, cells_per_person: int) -> None:
    number = isinstance(epsilon, int | float) and not isinstance(epsilon, bool) and math.isfinite(epsilon)
    if not number or not 0 < epsilon <= MOST_EPSILON:
        raise AnalysisError(
            "The privacy loss is no such number.", where="epsilon", value=epsilon,
            expected=f"a number above 0, at most {MOST_EPSILON:g}; 1 is usual",
            mend="Use --epsilon 1, or less for a stronger promise.",
        )  # fmt: skip
    if isinstance(cells_per_person, bool) or not isinstance(cells_per_person, int) or cells_per_person < 1:
        raise AnalysisError(
            "How many cells a person may count in is no such number.", where="cells_per_person",
            value=cells_per_person, expected="a whole number from 1 on", mend="Use --cells-per-person 12.",
        )  # fmt: skip


def _opendp():
    try:
        import opendp.prelude as dp
    except ImportError as error:
        raise AnalysisError(
            "Noise for differential privacy needs OpenDP, which is not installed.", where="--epsilon",
            expected="the package opendp", mend='Install it: pip install "gongzhi[privacy]"',
        ) from error  # fmt: skip
    dp.enable_features("contrib")  # what OpenDP calls all of its library that is not proven by machine
    return dp
