"""Effects by cohort and period, and their averages (Callaway and Sant'Anna 2021, section 3)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from analysis.effects.estimators.averages import Averages, Engine
from analysis.effects.results.estimate import EffectEstimate, make_table
from analysis.effects.results.notes import Note
from analysis.errors import EstimationError

KINDS = ("overall", "event_time", "cohort", "calendar_time")
COLUMN = {"event_time": "event_time", "cohort": "cohort", "calendar_time": "time"}


@dataclass(frozen=True, repr=False)
class GroupTimeEffects:
    """ATT(g, t) of every cohort and period, with all that its averages need.

    Attributes
    ----------
    about : EffectEstimate
        Sample sizes and notes, without a table.
    columns : dict
        Figures of the cells.
    engine : Engine
    anticipation, n_boot, seed : int
        As asked for.
    """

    about: EffectEstimate
    columns: dict[str, np.ndarray] = field(repr=False)
    engine: Engine = field(repr=False)
    anticipation: int = 0
    n_boot: int = 0
    seed: int = 0

    @cached_property
    def cells(self) -> EffectEstimate:
        """One row per cohort and period: the columns of every estimate and cohort, time, event_time,
        n_controls, pre_period, status, and band_low, band_high where bands were asked for. Its notes, sample
        sizes and methods are those of this object too."""
        labels = label_cells(self.engine, self.anticipation)
        return replace(self.about, table=make_table(self.columns | labels))

    @property
    def table(self) -> pd.DataFrame:
        return self.cells.table

    @property
    def notes(self) -> tuple[Note, ...]:
        return self.about.notes

    def tidy(self) -> pd.DataFrame:
        """Return a copy of the table, one row per cohort and period."""
        return self.cells.tidy()

    def glance(self) -> pd.DataFrame:
        """Return one row about the whole estimation."""
        return self.about.glance()

    def summary(self) -> str:
        """Return the estimand, the table and every note as text."""
        return self.cells.summary()

    def __repr__(self) -> str:
        return repr(self.cells)

    def _repr_html_(self) -> str:
        return self.cells._repr_html_()

    def plot(self, ax=None):
        """Draw the effects by event time on `ax` (a new one if None) and return it."""
        return self.aggregate("event_time").plot(ax)

    def aggregate(self, kind: str = "overall") -> EffectEstimate:
        """Average the identified cells of treated periods.

        Parameters
        ----------
        kind : {"overall", "event_time", "cohort", "calendar_time"}
            "overall" weights treated cells by cohort size (R's "simple"); the others give one row per event
            time (pre-periods too), cohort or period, and a last row "overall" that averages these as R's
            aggte.

        Returns
        -------
        EffectEstimate
            With the extra column event_time (and pre_period), cohort or time.

        Raises
        ------
        EstimationError
            If `kind` is none of these.
        """
        if kind not in KINDS:
            raise EstimationError(
                "There is no such average.",
                where="argument kind",
                value=kind,
                expected=", ".join(KINDS),
                mend="Use one of these.",
            )
        keys, averages = self._averages(kind)
        n_boot = self.n_boot if kind != "overall" else 0
        rows = np.arange(len(keys) + 1) < len(keys)
        columns, bands, covariance = self.engine.figures(averages, n_boot, self.seed, band=rows)
        columns["term"] = ["overall"]
        if kind != "overall":
            shown = keys.astype(int) if kind == "event_time" else self.engine.design.labels(keys)
            columns |= label_rows(COLUMN[kind], shown)
        if kind == "event_time":
            columns["pre_period"] = np.append(keys < -self.anticipation, False)
        kept = tuple(note for note in self.notes if note.code not in ("bands", "not_identified"))
        return replace(
            self.about,
            table=make_table(columns),
            estimand=Note(f"estimand_{kind}", outcome=self.about.outcome),
            notes=(*kept, *bands, *self.engine.left_out()),
            covariance=covariance,
        )

    def _averages(self, kind: str) -> tuple[np.ndarray, Averages]:
        """Return the keys of the rows and the averages: one per key, then overall."""
        plan, engine = self.engine.plan, self.engine
        sizes = engine.level_sizes[plan.level]

        def of(masks: list[np.ndarray]) -> Averages:
            return engine.average(masks, sizes, estimated_shares=True)

        if kind == "overall":
            return np.empty(0), of([plan.post])
        if kind == "event_time":
            keys = np.unique(plan.event_time)
            rows = of([plan.event_time == key for key in keys])
            return keys, rows.then(rows.mean(keys >= 0))
        if kind == "calendar_time":
            keys = np.unique(plan.period[plan.post])
            rows = of([plan.post & (plan.period == key) for key in keys])
            return keys, rows.then(rows.mean(np.ones(len(keys), bool)))
        keys = engine.design.cohorts
        rows = of([plan.post & (plan.cohort == key) for key in keys])
        return keys, rows.then(self._over_cohorts(rows))

    def _over_cohorts(self, rows: Averages) -> Averages:
        """Return the average of the cohorts' averages by their number of units."""
        plan, engine = self.engine.plan, self.engine
        level = np.searchsorted(plan.levels, engine.design.cohorts)
        sizes = engine.level_sizes[level] * rows.identified
        share = sizes / sizes.sum()
        values = engine.values(rows)
        overall = rows.combine(share)
        np.add.at(overall.shares[:, 0], level, (values - share @ values) / sizes.sum() * rows.identified)
        return overall


def label_cells(engine: Engine, anticipation: int) -> dict[str, object]:
    """Return the columns that say which cell a row is."""
    design, plan, estimates = engine.design, engine.plan, engine.estimates
    cohorts, times = (design.labels(positions.tolist()) for positions in (plan.cohort, plan.period))
    return {
        "term": [f"cohort={g}, time={t}" for g, t in zip(cohorts, times, strict=True)],
        "cohort": cohorts,
        "time": times,
        "event_time": plan.event_time,
        "n_controls": estimates.n_controls,
        "pre_period": plan.period < plan.cohort - anticipation,
    }


def label_rows(column: str, keys) -> dict[str, object]:
    """Return terms and a key column for rows of which the last is the overall one."""
    whole = all(isinstance(key, int | np.integer) for key in keys)
    return {
        "term": [*(f"{column}={key}" for key in keys), "overall"],
        column: pd.array([*keys, None], dtype="Int64" if whole else "str"),
    }
