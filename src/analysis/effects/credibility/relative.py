"""Robust intervals under relative magnitudes (Rambachan and Roth 2023, section 4.2) in closed form.

Post-period violations of parallel trends from one period to the next are at most `mbar` times the largest of
the pre-periods. That set is a union over which pre-period's change s is largest and its sign; each member is
a polyhedron, and its moment inequalities, those of the changes after the reference, are tested by the
conditional test of Andrews, Roth and Pakes (2023) with the least-favourable first stage.

The test statistic is a linear programme over nuisance parameters, but its dual has n_post + 2 vertices that
can be written down: the multipliers of "change t is not too large" and "not too small" must differ by a
constant times u[t] = l[t] + l[t+1] + ..., so a vertex puts weight |u[t]| on one of the two for every t (for
one sign of the constant or the other), or, when the constant is zero, weighs both for a single t alike. The
latter are multiples of one another, so that only the shortest and the longest can bind: four vertices in all,
and a grid of hypotheses is tested by a few matrix products, without any programme being solved.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

GRID = 1000
FIRST_STAGE = 0.1  # share of the test's size spent on the least-favourable first stage, as in R
DRAWS = 20_000
TINY = 1e-10


@dataclass(frozen=True)
class Vertices:
    """Vertices of the dual: the test statistic at theta is the largest of ``g @ beta - h * theta``."""

    g: np.ndarray
    h: np.ndarray


@dataclass(frozen=True)
class RelativeMagnitudes:
    """Event-study estimates about to be tested.

    Attributes
    ----------
    beta : (n_pre + n_post,) array
        Coefficients in order of event time, without the reference.
    sigma : (n_pre + n_post, n_pre + n_post) array
        Their covariance matrix.
    n_pre : int
        At least 1.
    weights : (n_post,) array
        The parameter is ``weights @ effects``.
    level : float
    seed : int
        Of the draws behind the least-favourable critical values.
    """

    beta: np.ndarray
    sigma: np.ndarray
    n_pre: int
    weights: np.ndarray
    level: float = 0.95
    seed: int = 0

    def interval(self, mbar: float) -> tuple[float, float]:
        """Return the ends of the hull of all values not rejected; NaN if every value is."""
        members = self._members(mbar)
        centre, reach = self._range(mbar)
        accepted = np.zeros(GRID, bool)
        for _ in range(8):
            grid = np.linspace(centre - reach, centre + reach, GRID)
            accepted = self._accepted(members, grid)
            if not (accepted[0] or accepted[-1]):
                break
            reach *= 2
        if not accepted.any():
            return np.nan, np.nan
        first, last = np.flatnonzero(accepted)[[0, -1]]
        low = self._edge(members, grid[max(first - 1, 0)], grid[first])
        high = self._edge(members, grid[min(last + 1, GRID - 1)], grid[last])
        return low, high

    def _range(self, mbar: float) -> tuple[float, float]:
        """Return the estimate and a distance from it beyond which values are all but surely rejected."""
        n_pre, direction = self.n_pre, np.append(np.zeros(self.n_pre), self.weights)
        changes = self._changes()[:n_pre]
        largest = (np.abs(changes @ self.beta) + 5 * self._sd(changes)).max()
        spread = mbar * np.abs(_tails(self.weights)).sum() * largest
        return direction @ self.beta, spread + 6 * self._sd(direction[None])[0]

    def _edge(self, members, outside: float, inside: float) -> float:
        """Return the accepted value next to a rejected one, to a ten-thousandth of their distance."""
        for _ in range(2):
            grid = np.linspace(outside, inside, 101)
            first = int(np.argmax(self._accepted(members, grid)))
            outside, inside = grid[max(first - 1, 0)], grid[first]
        return float(inside)

    def _changes(self) -> np.ndarray:
        """Return the changes between neighbouring event times as functionals of beta, pre-periods first."""
        points = np.insert(np.eye(len(self.beta)), self.n_pre, 0.0, axis=0)
        return np.diff(points, axis=0)

    def _sd(self, functionals: np.ndarray) -> np.ndarray:
        return np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", functionals, self.sigma, functionals), 0.0))

    def _members(self, mbar: float) -> list[tuple[Vertices, np.ndarray, float]]:
        """Return vertices, their covariance and the first stage's critical value for each s and sign."""
        changes = self._changes()
        basis, draws = self._basis
        size = FIRST_STAGE * (1 - self.level)
        members = []
        for s in range(self.n_pre):
            for sign in (1.0, -1.0):
                vertices = self._vertices(changes, sign * changes[s], mbar)
                used = (
                    np.append(s, np.arange(self.n_pre, len(basis))) if len(self.weights) > 1 else slice(None)
                )
                share = np.linalg.lstsq(basis[used].T, vertices.g.T, rcond=None)[0].T
                critical = np.quantile((share @ draws[used]).max(axis=0), 1 - size)
                members.append((vertices, vertices.g @ self.sigma @ vertices.g.T, critical))
        return members

    @cached_property
    def _basis(self) -> tuple[np.ndarray, np.ndarray]:
        """Return functionals that span all vertices (pre-period changes, the parameter), and their draws."""
        roots, vectors = np.linalg.eigh(self.sigma)
        root = vectors * np.sqrt(np.maximum(roots, 0.0))
        parameter = np.append(np.zeros(self.n_pre), self.weights)
        basis = np.vstack([self._changes()[: self.n_pre], parameter])
        noise = np.random.default_rng(self.seed).standard_normal((len(self.beta), DRAWS))
        return basis, (basis @ root) @ noise

    def _vertices(self, changes: np.ndarray, largest: np.ndarray, mbar: float) -> Vertices:
        pre, post, u = changes[: self.n_pre], changes[self.n_pre :], _tails(self.weights)
        sd_up, sd_down = self._sd(post - mbar * largest), self._sd(-post - mbar * largest)
        up, down = np.maximum(u, 0), np.maximum(-u, 0)
        scale = np.array([up @ sd_up + down @ sd_down, up @ sd_down + down @ sd_up])
        target, slack = u @ post, mbar * np.abs(u).sum() * largest
        g, h = np.array([target - slack, -target - slack]), np.array([1.0, -1.0])
        if len(post) > 1:
            width = sd_up + sd_down
            pairs = np.outer([1 / width.min(), 1 / width.max()], -2 * mbar * largest)
        else:  # no nuisance parameter: as in R, the pre-periods' inequalities are tested too
            pairs = np.vstack([pre - largest, -pre - largest])
            pairs = pairs[(np.abs(pairs) > TINY).any(axis=1)]
            pairs = pairs / self._sd(pairs)[:, None]
        return Vertices(np.vstack([g / scale[:, None], pairs]), np.append(h / scale, np.zeros(len(pairs))))

    def _accepted(self, members, theta: np.ndarray) -> np.ndarray:
        """Return for each value whether any member's test accepts it."""
        accepted = np.zeros(len(theta), bool)
        for vertices, covariance, critical in members:
            left = ~accepted
            accepted[left] = self._test(vertices, covariance, critical, theta[left])
        return accepted

    def _test(self, vertices: Vertices, covariance, critical: float, theta: np.ndarray) -> np.ndarray:
        values = (vertices.g @ self.beta)[:, None] - np.outer(vertices.h, theta)
        best = values.argmax(axis=0)
        eta, variance = values.max(axis=0), covariance[best, best]
        still = variance < TINY**2
        variance = np.where(still, 1.0, variance)
        # given everything independent of it, the statistic is a normal truncated where another vertex wins
        slope = 1 - covariance[:, best] / variance
        with np.errstate(divide="ignore", invalid="ignore"):
            bound = (values - (1 - slope) * eta) / slope
        low = np.where(slope > TINY, bound, -np.inf).max(axis=0)
        high = np.minimum(np.where(slope < -TINY, bound, np.inf).min(axis=0), critical)
        sd, share = np.sqrt(variance), (1 - self.level) * (1 - FIRST_STAGE)
        share = share / (1 - FIRST_STAGE * (1 - self.level))
        beyond = _upper_share(eta / sd, low / sd, high / sd)
        rejected = np.where(still, eta > TINY, (eta > critical) | ((eta > 0) & (beyond < share)))
        return ~rejected


def _tails(weights: np.ndarray) -> np.ndarray:
    return np.cumsum(weights[::-1])[::-1]


def _upper_share(z: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return P(Z > z | low < Z < high) for a standard normal Z, exact in the tails."""
    from scipy.special import log_ndtr

    z = np.clip(z, low, high)
    far = log_ndtr(-high)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        above = log_ndtr(-z) + np.log1p(-np.exp(far - log_ndtr(-z)))
        whole = log_ndtr(-low) + np.log1p(-np.exp(far - log_ndtr(-low)))
        return np.nan_to_num(np.exp(above - whole), nan=0.0)
