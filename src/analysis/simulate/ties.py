"""Who knows whom: the standing ties along which people act."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.simulate import calibration as known
from analysis.simulate.frames import Sampler, shares
from analysis.simulate.ground import Ground
from analysis.simulate.people import Joining, Persons
from analysis.simulate.setting import Setting


@dataclass(frozen=True)
class Ties:
    """Ties between persons a and b.

    Attributes
    ----------
    a, b : array of int
        The two persons; `a` is the giver where the tie is not mutual, and its community owns the tie.
    month : array of int
        Month from which both are there.
    weight : array of float
        How often they act, relative to others.
    mutual : array of bool
    third : array of int
        Someone tied to both, -1 if none was found.
    """

    a: np.ndarray
    b: np.ndarray
    month: np.ndarray
    weight: np.ndarray
    mutual: np.ndarray
    third: np.ndarray

    def neighbours(self, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the ties of `n` persons as a CSR pair (indptr, neighbours)."""
        return _csr(np.column_stack([self.a, self.b]), n)


def draw_pairs(setting: Setting, ground: Ground, persons: Persons) -> np.ndarray:
    """Draw who knows whom: people alike and close by first, then friends of friends.

    Returns
    -------
    array of int, one row per tie: two persons, the smaller number first.
    """
    rng, n = setting.stream("pairs"), len(persons.role)
    count = rng.poisson(known.NOMINATIONS * np.sqrt(persons.activity / persons.activity.mean()))
    ego = np.repeat(np.arange(n), count)
    groups = {
        "alike_in_unit": persons.unit * 2 + persons.residency,
        "unit": persons.unit,
        "alike_in_community": persons.community * 2 + persons.residency,
        "community": persons.community,
        "district": ground.district_of[persons.community],
    }
    reach, alter = shares(rng, known.TIE_REACH, len(ego)), np.empty(len(ego), np.int64)
    for i, name in enumerate(known.TIE_REACH):
        mine = reach == i
        sampler = Sampler(groups[name], np.sqrt(persons.activity))
        alter[mine] = sampler.draw(rng, groups[name][ego[mine]])
    pairs = _distinct(np.column_stack([ego, alter]), n)
    for share in known.CLOSURE:
        pairs = _close(rng, pairs, n, share)
    return pairs


def draw_ties(setting: Setting, persons: Persons, pairs: np.ndarray, joining: Joining) -> Ties:
    """Give each pair a direction, a strength and a beginning."""
    rng = setting.stream("ties")
    a, b = pairs.T
    lead = persons.activity[a] * (1 + persons.mobiliser[a])
    follow = persons.activity[b] * (1 + persons.mobiliser[b])
    swap = rng.random(len(a)) < follow / (lead + follow)
    a, b = np.where(swap, b, a), np.where(swap, a, b)
    weight = np.sqrt(persons.activity[a] * persons.activity[b]) * np.exp(rng.normal(0, 0.8, len(a)))
    month = np.maximum(joining.month[a], joining.month[b])
    month = np.where(month < 0, -1, month + 1)
    third = _find_third(rng, pairs, len(persons.role))
    return Ties(a, b, month, weight, rng.random(len(a)) < known.MUTUAL_TIES, third)


def _find_third(rng: np.random.Generator, pairs: np.ndarray, n: int, tries: int = 5) -> np.ndarray:
    """Look for someone tied to both ends of each pair."""
    indptr, neighbours = _csr(pairs, n)
    keys, third = pairs[:, 0] * n + pairs[:, 1], np.full(len(pairs), -1)
    first, second = pairs.T
    degree = indptr[second + 1] - indptr[second]
    for _ in range(tries if len(pairs) else 0):
        other = neighbours[indptr[second] + np.floor(rng.random(len(second)) * degree).astype(np.int64)]
        key = np.minimum(first, other) * n + np.maximum(first, other)
        at = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
        third = np.where((third < 0) & (keys[at] == key), other, third)
    return third


def _close(rng: np.random.Generator, pairs: np.ndarray, n: int, share: float) -> np.ndarray:
    """Tie friends of friends: as many tries as `share` of the pairs."""
    if not len(pairs):
        return pairs
    indptr, neighbours = _csr(pairs, n)
    both = np.vstack([pairs, pairs[:, ::-1]])
    ego, middle = both[rng.integers(0, len(both), int(share * len(pairs)))].T
    degree = indptr[middle + 1] - indptr[middle]
    alter = neighbours[indptr[middle] + np.floor(rng.random(len(middle)) * degree).astype(np.int64)]
    return _distinct(np.vstack([pairs, np.column_stack([ego, alter])]), n)


def _distinct(pairs: np.ndarray, n: int) -> np.ndarray:
    """Keep each unordered pair once, without self-loops, in a fixed order."""
    low, high = pairs.min(axis=1), pairs.max(axis=1)
    keys = np.unique((low * n + high)[low != high])
    return np.column_stack([keys // n, keys % n])


def _csr(pairs: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    source = np.concatenate([pairs[:, 0], pairs[:, 1]])
    target = np.concatenate([pairs[:, 1], pairs[:, 0]])
    indptr = np.concatenate([[0], np.cumsum(np.bincount(source, minlength=n))])
    return indptr, target[np.argsort(source, kind="stable")]
