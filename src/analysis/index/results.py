"""What an index gives: scores, and ranks that never stand without their interval."""

from __future__ import annotations

import html
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.index.spec import IndexSpec


@dataclass(frozen=True)
class IndexResult:
    """Scores of one index. It holds no ranks: `rank_uncertainty` gives them, with their intervals.

    Attributes
    ----------
    table : DataFrame
        The places' column; score; one column per dimension; n_indicators (how many the place has); reason
        ("" where there is a score; too_few_indicators, empty_dimension). Rows in the order of the input.
    weights : DataFrame
        group, member, weight (within the group), share (of the whole index, product along the path).
    normalised : DataFrame
        The places' column and the normalised indicators, gaps filled, more being better.
    spec : IndexSpec
    place : str
        Name of the places' column.
    treated : tuple of str
        Indicators treated for outliers.
    dropped : tuple of str
        Indicators left out because some place lacks them (missing = "drop").
    """

    table: pd.DataFrame
    weights: pd.DataFrame
    normalised: pd.DataFrame
    spec: IndexSpec
    place: str = "place_id"
    treated: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()

    def tidy(self) -> pd.DataFrame:
        """Return one row per place and group: the places' column, group, score."""
        named = self.table.rename(columns={"score": self.spec.name})
        groups = [name for name in (self.spec.name, *self.spec.dimensions) if name in named]
        return named.melt(self.place, groups, var_name="group", value_name="score")

    def __repr__(self) -> str:
        return f"{self.spec.name}: {len(self.table)} places\n{self.table.round(3).to_string(index=False)}"

    def _repr_html_(self) -> str:
        title = html.escape(f"{self.spec.name}: {len(self.table)} places")
        return f"<p><b>{title}</b></p>{self.table.round(3).to_html(index=False)}"


@dataclass(frozen=True)
class RankResult:
    """Ranks of one index under its own choices, and over all choices that could have been made.

    Attributes
    ----------
    table : DataFrame
        The places' column; score and rank (1: best; equal scores share the better rank) under the declared
        choices; rank_median, rank_low, rank_high over the draws; reason, as in `IndexResult`. Best first,
        places without a score last, with missing ranks. A rank outside its interval is itself a finding: the
        declared choices put the place where few others would.
    pairs : DataFrame
        place_a, place_b, share_a (of the draws in which a scores higher, equal scores counting half),
        certain (one of them is ahead in at least `certainty` of the draws).
    certain_share : float
        Share of the pairs whose order is certain; NaN with fewer than two ranked places.
    drivers : DataFrame
        factor, first_order, first_low, first_high, total, total_low, total_high: Sobol shares of the variance
        of the mean shift of ranks, with 95 % bootstrap intervals. Estimates may fall a little below 0.
        NaN where no draw moves a rank.
    place_drivers : DataFrame
        The places' column, factor, first_order, total: the same for each place's own rank.
    leave_one_out : DataFrame
        left_out, mean_shift and max_shift of ranks under the declared choices, top (the place then first).
    shifts : array
        Mean over the places of |rank - declared rank| (R_s of Saisana, Saltelli, Tarantola 2005), per draw.
    index : IndexResult
    alternatives : dict
        Factor -> the alternatives drawn from, all equally likely.
    draws, level, certainty, seed
        Number of draws; probability of the intervals; threshold of `certain`; seed.
    """

    table: pd.DataFrame
    pairs: pd.DataFrame
    certain_share: float
    drivers: pd.DataFrame
    place_drivers: pd.DataFrame
    leave_one_out: pd.DataFrame
    shifts: np.ndarray = field(repr=False, compare=False)
    index: IndexResult
    alternatives: dict[str, tuple[str, ...]]
    draws: int
    level: float
    certainty: float
    seed: int

    def tidy(self) -> pd.DataFrame:
        """Return a copy of the table, one row per place."""
        return self.table.copy()

    def plot(self, ax=None):
        """Draw every place's rank with its interval on `ax` (a new one if None) and return it."""
        from analysis.index.plots import draw_ranks

        return draw_ranks(self, ax)

    def _shown(self) -> pd.DataFrame:
        table = self.table
        span = table["rank_low"].astype("str") + " to " + table["rank_high"].astype("str")
        text = table["rank"].astype("str") + " (" + span + ")"
        return pd.DataFrame(
            {
                table.columns[0]: table.iloc[:, 0],
                "score": table["score"].round(3),
                "rank": text.where(table["rank"].notna(), table["reason"]),
            }
        )

    def _heads(self) -> tuple[str, str]:
        low, high = 50 * (1 - self.level), 50 * (1 + self.level)
        ranked = int(self.table["rank"].notna().sum())
        title = (
            f"{self.index.spec.name}: rank ({low:g} % to {high:g} % of {self.draws:,} draws), {ranked} places"
        )
        certain = (
            "" if np.isnan(self.certain_share) else f"order certain in {self.certain_share:.0%} of pairs"
        )
        return title, certain

    def __repr__(self) -> str:
        title, certain = self._heads()
        return "\n".join([title, self._shown().to_string(index=False), certain])

    def _repr_html_(self) -> str:
        title, certain = map(html.escape, self._heads())
        return f"<p><b>{title}</b></p>{self._shown().to_html(index=False)}<p>{certain}</p>"
