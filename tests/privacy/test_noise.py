"""Noise: its scale by simulation, the budget as a sum, one person's reach, and what must not be settable."""

import builtins
import inspect
import math

import numpy as np
import pandas as pd
import pytest

from analysis.errors import AnalysisError
from analysis.privacy import noisy_counts

dp = pytest.importorskip("opendp.prelude", reason="OpenDP, the extra privacy, is not installed")
PLACES, PERIODS = ["C1", "C2", "C3"], ["2021-01", "2021-02", "2021-03", "2021-04"]


def rows(*triples):
    return pd.DataFrame(triples, columns=["person_id", "place_id", "period"])


ALL = rows(*((p, c, t) for p in "abcdefghij" for c in PLACES for t in PERIODS))


def many(number):
    """Return that many places, for draws of noise by the thousand."""
    return [f"C{n}" for n in range(number)]


@pytest.mark.parametrize(
    ("epsilon", "cells", "measures"), [(1.0, 1, 1), (0.5, 4, 1), (2.0, 3, 2), (0.1, 1, 3)]
)
def test_scale_is_sensitivity_over_epsilon_and_the_noise_has_it(epsilon, cells, measures):
    nobody = {f"m{n}": rows() for n in range(measures)}
    found = noisy_counts(nobody, many(2000), PERIODS, epsilon=epsilon, cells_per_person=cells)
    scale = measures * cells / epsilon
    assert found.budget["scale"].to_numpy() == pytest.approx(scale, rel=1e-9)
    drawn = found.counts[list(nobody)].to_numpy().ravel()
    # discrete Laplace: P(x) proportional to exp(-|x| / scale); mean size by the geometric series
    q = math.exp(-1 / scale)
    size = 2 * q / (1 - q * q)
    # the standard error of the mean size is below scale / sqrt(draws): six of them
    assert np.abs(drawn).mean() == pytest.approx(size, abs=6 * max(scale, 0.6) / math.sqrt(len(drawn)))
    assert drawn.mean() == pytest.approx(0, abs=6 * 1.42 * scale / math.sqrt(len(drawn)))
    beyond = (np.abs(drawn) > found.budget["error_95"].iloc[0]).mean()
    assert beyond < 0.05 + 6 * math.sqrt(0.05 * 0.95 / len(drawn))


def test_budget_adds_up_to_what_was_asked_and_never_above():
    for epsilon in (0.1, 1 / 3, 1.0, 7.7):
        for cells in (1, 7, 12):
            made = noisy_counts({"a": ALL, "b": ALL, "c": ALL}, PLACES, PERIODS, epsilon=epsilon,
                                cells_per_person=cells)  # fmt: skip
            budget = made.budget.set_index("measure")
            parts = budget.loc[["a", "b", "c"]]
            assert budget.loc["all", "epsilon"] <= epsilon
            assert budget.loc["all", "epsilon"] == pytest.approx(epsilon, rel=1e-9)
            assert parts["epsilon"].sum() == pytest.approx(budget.loc["all", "epsilon"], rel=1e-9)
            assert parts["sensitivity"].sum() == budget.loc["all", "sensitivity"] == 3 * cells
            assert budget.loc["all", "cells"] == 3 * len(PLACES) * len(PERIODS)
            # OpenDP's own word on the same mechanism, per cell a person can touch: composition over periods
            laplace = dp.m.make_laplace(
                dp.vector_domain(dp.atom_domain(T="i64")),
                dp.l1_distance(T="i64"),
                scale=budget.loc["all", "scale"],
            )
            assert 3 * cells * laplace.map(1) == pytest.approx(epsilon, rel=1e-9)


def exact(found):
    """Counts with next to no noise can be read: epsilon 20 per cell leaves 1 cell in 10^8 changed."""
    return found.counts.set_index(["place_id", "period"])


def test_counts_are_of_different_people_and_every_cell_is_there():
    doubled = pd.concat(
        [ALL, ALL, rows(("a", "elsewhere", "2021-01"), ("a", "C1", "1999-01"), (None, "C1", "2021-01"))]
    )
    counts = exact(noisy_counts({"m": doubled}, PLACES, PERIODS, epsilon=20, cells_per_person=12))
    assert counts.index.tolist() == [(c, t) for c in PLACES for t in PERIODS]
    assert counts["m"].dtype == "int64"
    assert counts["m"].mean() == pytest.approx(10, abs=2)
    four = {"m": rows(*((p, "C1", "2021-01") for p in "abcd"))}
    one = exact(noisy_counts(four, PLACES, PERIODS, epsilon=20, cells_per_person=1))
    assert one.loc[("C1", "2021-01"), "m"] == 4
    assert one["m"].sum() == 4


@pytest.mark.parametrize("cells", [1, 3, 12])
def test_one_person_counts_in_so_many_cells_at_most(cells):
    found = noisy_counts(
        {"m": ALL[ALL["person_id"] == "a"]}, PLACES, PERIODS, epsilon=20, cells_per_person=cells
    )
    bounded = found.bounded.iloc[0]
    assert (bounded["cells_in"], bounded["cells_used"]) == (12, cells)
    assert (bounded["people"], bounded["people_bounded"]) == (1, int(cells < 12))


def test_nobodys_lot_depends_on_anybody_else():
    """With or without one person more, the kept cells of the others have the same distribution: all alike."""
    from analysis.privacy.noise import _bounded, _cells

    index = pd.MultiIndex.from_product([PLACES, PERIODS], names=["place_id", "period"])
    for people in (ALL[ALL["person_id"] < "c"], ALL):
        draws = np.zeros(12)
        for seed in range(100):
            kept = _bounded(_cells(people, index), 3, np.random.default_rng(seed))
            assert (kept["person"].value_counts() == 3).all()
            draws += np.bincount(kept.loc[kept["person"] == 0, "cell"], minlength=12)
        # 100 draws of 3 in 12: each cell 25 times, standard deviation sqrt(100 * 0.25 * 0.75) = 4.3
        assert draws.sum() == 300
        assert (np.abs(draws - 25) < 5 * 4.3).all()


def test_noise_cannot_be_repeated():
    assert not {"seed", "rng", "random_state"} & set(inspect.signature(noisy_counts).parameters)
    np.random.seed(0)  # noqa: NPY002
    first = noisy_counts({"m": ALL}, PLACES, PERIODS, epsilon=0.5, cells_per_person=6).counts["m"]
    np.random.seed(0)  # noqa: NPY002
    second = noisy_counts({"m": ALL}, PLACES, PERIODS, epsilon=0.5, cells_per_person=6).counts["m"]
    assert (first != second).any()


@pytest.mark.parametrize("epsilon", [0, -1, math.nan, math.inf, 21, True, "1", None])
def test_epsilon_that_promises_nothing_is_refused(epsilon):
    with pytest.raises(AnalysisError, match="privacy loss"):
        noisy_counts({"m": ALL}, PLACES, PERIODS, epsilon=epsilon, cells_per_person=1)


@pytest.mark.parametrize("cells", [0, -1, 1.5, True])
def test_cells_per_person_that_are_none_are_refused(cells):
    with pytest.raises(AnalysisError, match="cells a person"):
        noisy_counts({"m": ALL}, PLACES, PERIODS, epsilon=1, cells_per_person=cells)


def test_no_places_and_no_mutation():
    before = ALL.copy()
    assert noisy_counts({"m": ALL}, [], PERIODS, epsilon=1, cells_per_person=1).counts.empty
    noisy_counts({"m": ALL}, PLACES, PERIODS, epsilon=1, cells_per_person=1)
    pd.testing.assert_frame_equal(ALL, before)


def test_without_opendp_the_error_says_how_to_get_it(monkeypatch):
    real = builtins.__import__

    def missing(name, *args, **kwargs):
        if name.startswith("opendp"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(AnalysisError, match="needs OpenDP") as caught:
        noisy_counts({"m": ALL}, PLACES, PERIODS, epsilon=1, cells_per_person=1)
    assert "gongzhi[privacy]" in caught.value.mend
