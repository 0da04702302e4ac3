"""What every estimator returns: a tidy table, what it stands for, and its limits in words."""

from __future__ import annotations

import html
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.effects.results.notes import Note

LEVEL = 0.95
MOST_ROWS = 20  # of a table on one screen
COLUMNS = (
    "term", "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high", "n_units", "identified",
)  # fmt: skip
GLANCE = (
    "estimator", "outcome", "treatment", "control_group", "cluster", "n_clusters", "n_rows", "n_obs",
    "n_units", "n_treated", "level",
)  # fmt: skip
STATUS = {
    "estimated": "estimated",
    "reference": "the reference period",
    "no_base_period": "no untreated period to compare with",
    "no_comparison": "no untreated units to compare with",
    "no_treated": "no treated unit is seen in both periods",
    "collinear": "cannot be told apart from the other terms",
    "few_before": "fewer than two periods before adoption",
    "no_counts": "no count above zero to compare with",
    "few_districts": "fewer than three districts",
    "refused": "the rows that are left do not allow an estimate",
    "numerical": "the estimation did not converge",
}


@dataclass(frozen=True, repr=False)
class EffectEstimate:
    """Estimates of one call, with what they mean and what limits them.

    Attributes
    ----------
    table : DataFrame
        Always the columns term, estimate, std_error, statistic, p_value, conf_low, conf_high, n_units
        (treated units behind the row), identified; then status (a key of `STATUS`) and, depending on the
        estimator, event_time, cohort, time, pre_period, band_low, band_high. Figures are in units of the
        outcome. A row that is not identified holds NaN figures and says why in status.
    estimator : str
    estimand : Note
        What the figures stand for, in words.
    outcome, unit, time, treatment : str
        Column names of the panel; `treatment` is the treatment or the cohort column.
    control_group : str or None
        "never_treated", "not_yet_treated" or None where the design has no such choice.
    cluster : str
        The column by which standard errors are clustered.
    n_clusters, n_rows, n_obs, n_units, n_treated : int
        Clusters; rows handed in; rows used; units used; treated units among them.
    set_aside : tuple of (reason, rows)
        `n_rows` equals `n_obs` plus these rows.
    level : float
        Of the intervals.
    notes : tuple of Note
        Limits and choices, each a sentence with a code and its figures.
    covariance : array or None
        Covariance matrix of the table's estimates, for estimates by event time.
    """

    table: pd.DataFrame
    estimator: str
    estimand: Note
    outcome: str
    unit: str
    time: str
    treatment: str
    control_group: str | None
    cluster: str
    n_clusters: int
    n_rows: int
    n_obs: int
    n_units: int
    n_treated: int
    set_aside: tuple[tuple[str, int], ...] = ()
    level: float = LEVEL
    notes: tuple[Note, ...] = field(default=())
    covariance: np.ndarray | None = field(default=None, repr=False, compare=False)

    def tidy(self) -> pd.DataFrame:
        """Return a copy of the table, one row per term."""
        return self.table.copy()

    def glance(self) -> pd.DataFrame:
        """Return one row about the whole estimation: estimator, sample sizes, clusters, level."""
        return pd.DataFrame({name: [getattr(self, name)] for name in GLANCE})

    def summary(self) -> str:
        """Return the estimand, the table and every note as text."""
        lines = [
            f"{self.estimator}: {self.outcome}",
            str(self.estimand),
            "",
            self._shown().to_string(index=False),
        ]
        lines += ["", f"{self.n_obs} of {self.n_rows} rows, {self.n_units} units, {self.n_treated} treated, "
                      f"{self.n_clusters} clusters ({self.cluster}), {self.level:.0%} intervals"]  # fmt: skip
        return "\n".join(lines + [f"- {note}" for note in self.notes])

    def plot(self, ax=None):
        """Draw the estimates with their intervals on `ax` (a new one if None) and return it."""
        from analysis.effects.results.plots import draw_estimates

        return draw_estimates(self, ax)

    def _shown(self) -> pd.DataFrame:
        names = ["term", "estimate", "std_error", "conf_low", "conf_high", "n_units", "status"]
        return self.table[names].round(decimals(self.table))

    def __repr__(self) -> str:
        shown = self._shown().to_string(index=False, max_rows=MOST_ROWS)
        return (
            f"{self.estimator}: {self.outcome}\n{shown}\n{self.n_obs:,} of {self.n_rows:,} rows, "
            f"{self.n_units:,} units, {self.n_treated:,} treated, {self.n_clusters:,} clusters, "
            f"{self.level:.0%} intervals; {len(self.notes)} notes in .notes"
        )

    def _repr_html_(self) -> str:
        notes = "".join(f"<li>{html.escape(note)}</li>" for note in self.notes)
        title, text = html.escape(f"{self.estimator}: {self.outcome}"), html.escape(self.estimand)
        return f"<p><b>{title}</b><br>{text}</p>{self._shown().to_html(index=False)}<ul>{notes}</ul>"


def add_inference(
    estimate: np.ndarray, std_error: np.ndarray, df: float = np.inf, level: float = LEVEL
) -> dict[str, np.ndarray]:
    """Return the columns estimate to conf_high, given degrees of freedom (inf: normal distribution).

    A standard error of zero or NaN leaves all but the estimate NaN.
    """
    from scipy.special import ndtr, ndtri, stdtr, stdtrit

    error = np.where(std_error > 0, std_error, np.nan)
    statistic = estimate / error
    normal = not np.isfinite(df)
    tail = ndtr(-np.abs(statistic)) if normal else stdtr(df, -np.abs(statistic))
    reach = ndtri(0.5 + level / 2) if normal else stdtrit(df, 0.5 + level / 2)
    return {
        "estimate": estimate,
        "std_error": error,
        "statistic": statistic,
        "p_value": 2 * tail,
        "conf_low": estimate - reach * error,
        "conf_high": estimate + reach * error,
    }


def decimals(table: pd.DataFrame) -> int:
    """Return decimals that show two digits of the usual standard error, or three of the usual estimate."""
    for name, digits in (("std_error", 2), ("estimate", 3)):
        sizes = table[name].abs().to_numpy("float64")
        known = sizes[np.isfinite(sizes) & (sizes > 0)]
        if len(known):
            return min(max(digits - 1 - int(np.floor(np.log10(np.median(known)))), 0), 6)
    return 0


def make_table(columns: dict[str, object]) -> pd.DataFrame:
    """Return a data frame with the columns of every estimate first."""
    rest = [name for name in columns if name not in COLUMNS]
    return pd.DataFrame({name: columns[name] for name in (*COLUMNS, *rest)})
