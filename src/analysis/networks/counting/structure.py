"""The best core of every block, and the ties that are there in two periods running."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.networks.kernels.engine import run_of, run_starts, run_sums

if TYPE_CHECKING:
    from analysis.networks.counting.sums import Sums


def best_core(s: Sums) -> tuple[np.ndarray, np.ndarray]:
    """Return, for every block, the best fit of a core "degree at least d" and the people in it.

    The fit is the correlation, over pairs both in the core or both outside it, of being tied with being in
    the core (Borgatti & Everett 1999, off-diagonal missing). People without a tie are outside.
    """
    degree, number = s.degree, s.blocks.n_blocks
    order = np.lexsort((-degree, s.blocks.node_block))
    order = order[degree[order] > 0]
    block, level = s.blocks.node_block[order], degree[order]
    start = run_starts(block, level)
    block, level = block[start], level[start].astype(np.int64)
    nodes = np.diff(np.append(start, len(order))).astype(np.float64)
    width = int(degree.max(initial=0)) + 1
    lesser = np.minimum(degree[s.row], degree[s.blocks.indices]).astype(np.int64)
    step = np.searchsorted(block * np.int64(width) - level, s.block_of_half * np.int64(width) - lesser)
    inner = np.bincount(step, minlength=len(block)) / 2  # ties whose lesser end has this degree
    core, tied, ends = (_within(v, block) for v in (nodes, inner, nodes * level))
    rest = s.people[block] - core
    apart = s.ties[block] - ends + tied  # ties with neither end in the core
    pairs, others = core * (core - 1) / 2, rest * (rest - 1) / 2
    there, gone = tied + apart, pairs + others - tied - apart
    below = pairs * others * there * gone
    top = tied * (others - apart) - (pairs - tied) * apart
    fit = np.where(below > 0, top / np.sqrt(np.where(below > 0, below, 1)), -np.inf)
    best, size = np.full(number, np.nan), np.full(number, 0.0)
    firsts = run_starts(block)
    if len(firsts):
        most = np.maximum.reduceat(fit, firsts)
        found = fit >= most[run_of(firsts, len(fit))] - 1e-12
        smallest = np.minimum.reduceat(np.where(found, core, np.inf), firsts)
        good = most > -np.inf
        best[block[firsts][good]], size[block[firsts][good]] = most[good], smallest[good]
    return best, np.where(np.isnan(best), np.nan, size)


def _within(values: np.ndarray, block: np.ndarray) -> np.ndarray:
    """Return running sums that begin anew with every block; exact for whole numbers."""
    first = run_starts(block)
    if not len(first):
        return values
    total = np.cumsum(values)
    before = np.concatenate([[0.0], np.cumsum(run_sums(values, first))[:-1]])
    return total - before[run_of(first, len(block))]


def ties_lasting(s: Sums) -> tuple[np.ndarray, np.ndarray]:
    """Return whether each half-edge's tie is there in the next period, and was in the one before."""
    b = s.blocks
    size = np.int64(b.person.max(initial=0)) + 1
    key = b.node_block * size + b.person
    following = np.append(s.scene.steps[1:] > 0, False)[b.node_block]
    later = _find(key, np.where(following, key + size, -1))
    nodes = np.int64(len(key)) + 1
    tie = s.row * nodes + b.indices
    one, other = later[s.row], later[b.indices]
    position = _find(tie, np.where((one >= 0) & (other >= 0), one * nodes + other, -1))
    lasted = np.zeros(len(tie), dtype=bool)
    lasted[position[position >= 0]] = True
    return position >= 0, lasted


def _find(keys: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the position in ascending `keys` of each one wanted; -1 where it is not there."""
    if not len(keys):
        return np.full(len(wanted), -1, dtype=np.int64)
    position = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
    return np.where(keys[position] == wanted, position, -1)
