"""A staggered-adoption panel, checked and laid out as a units x periods matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from analysis.effects.panel import checks
from analysis.effects.panel.keys import ROWS, read_keys, read_starts, read_weights
from analysis.effects.panel.timescale import TimeScale, read_scale
from analysis.effects.results.notes import Note
from analysis.errors import EstimationError


@dataclass(frozen=True)
class Design:
    """What an estimator of staggered adoption needs, free of labels and of rows that cannot be used.

    Attributes
    ----------
    outcomes : (units, periods) array
        NaN where a unit is not seen.
    times : (periods,) array
        Increasing positions on `scale`; gaps are positions left out.
    starts : (units,) array
        Position of each unit's first treated period, +inf if never.
    clusters : (units,) array of int
    covariates : (covariates, units, periods) array
    weights : (units,) array
        What each unit counts for; 1 where none are named.
    units : Index
        The user's name of each unit.
    """

    outcomes: np.ndarray
    times: np.ndarray
    starts: np.ndarray
    clusters: np.ndarray
    covariates: np.ndarray
    weights: np.ndarray
    units: pd.Index
    scale: TimeScale
    names: dict[str, str]
    n_rows: int
    set_aside: tuple[tuple[str, int], ...]
    notes: tuple[Note, ...]

    @cached_property
    def clustered(self) -> bool:
        """Whether two units share a cluster."""
        return self.n_clusters < self.n_units

    @property
    def n_units(self) -> int:
        return len(self.starts)

    @property
    def n_obs(self) -> int:
        return int(self.seen.sum())

    @cached_property
    def seen(self) -> np.ndarray:
        return np.isfinite(self.outcomes)

    @cached_property
    def balanced(self) -> bool:
        return bool(self.seen.all())

    @cached_property
    def n_clusters(self) -> int:
        return int(np.count_nonzero(np.bincount(self.clusters)))

    @property
    def n_treated(self) -> int:
        """Units that are treated in a period of the panel."""
        return int((self.starts <= self.times[-1]).sum())

    @property
    def cohorts(self) -> np.ndarray:
        """Positions at which units of this panel start, within it."""
        starts = np.unique(self.starts)
        return starts[starts <= self.times[-1]]

    def labels(self, positions) -> list:
        """Return the user's label of each position."""
        known: dict[float, object] = {}
        return [known[p] if p in known else known.setdefault(p, self.scale.label(p)) for p in positions]

    def select(self, units: np.ndarray, reason: str, notes: tuple[Note, ...] = ()) -> Design:
        """Return the design of the units in a mask, with the rows of the others set aside for `reason`."""
        rows = int(self.seen[~units].sum())
        return replace(
            self,
            outcomes=self.outcomes[units],
            starts=self.starts[units],
            clusters=self.clusters[units],
            covariates=self.covariates[:, units],
            weights=self.weights[units],
            units=self.units[units],
            set_aside=(*self.set_aside, (reason, rows)),
            notes=(*self.notes, *notes),
        )

    def keep(self, periods: np.ndarray, reason: str, notes: tuple[Note, ...] = ()) -> Design:
        """Return the design of the periods in a mask, with the rows of the others set aside for `reason`."""
        rows = int(self.seen[:, ~periods].sum())
        kept = replace(
            self,
            outcomes=self.outcomes[:, periods],
            times=self.times[periods],
            covariates=self.covariates[:, :, periods],
            set_aside=(*self.set_aside, (reason, rows)),
            notes=(*self.notes, *notes),
        )
        return kept.without_empty()

    def without_empty(self) -> Design:
        """Return the design without the units and periods of which no outcome is left."""
        if self.balanced:
            return self
        units, periods = self.seen.any(axis=1), self.seen.any(axis=0)
        return replace(
            self,
            outcomes=self.outcomes[units][:, periods],
            times=self.times[periods],
            starts=self.starts[units],
            clusters=self.clusters[units],
            covariates=self.covariates[:, units][:, :, periods],
            weights=self.weights[units],
            units=self.units[units],
        )


def read_design(
    panel: pd.DataFrame,
    outcome: str,
    *,
    unit: str | None,
    time: str,
    cohort: str,
    covariates: Sequence[str] = (),
    weights: str | None = None,
    cluster: str | None = None,
) -> Design:
    """Return `panel` as a checked `Design`; it is not changed.

    Rows without an outcome, covariate or weight are set aside and counted, and so are the rows of units
    treated from the first period on; units starting after the last period count as untreated in the panel.
    With ``unit=None`` every row is a unit of its own, seen once: repeated cross-sections.

    Raises
    ------
    EstimationError
        Missing or doubled columns, text or infinite outcomes, unreadable times, duplicate unit-periods, a
        cohort, weight or cluster that varies within a unit, no treated units, none untreated at first, a
        constant outcome.
    """
    covariates = list(covariates)
    roles = {"outcome": outcome, "unit": unit, "time": time, "cohort": cohort, "weights": weights,
             "cluster": cluster}  # fmt: skip
    checks.require_columns(panel, roles | {f"covariates[{i}]": name for i, name in enumerate(covariates)})
    checks.forbid_mediators(panel, covariates)
    values = checks.numeric_column(panel, outcome, "outcome")
    measures = [checks.numeric_column(panel, name, "covariate") for name in covariates]
    keys = read_keys(panel, unit, time)
    whole = np.isfinite(values)
    checks.require_variation(values if whole.all() else values[whole], outcome)
    scale = read_scale(keys.times, time)
    keys.require_unique()
    positions = scale.positions(keys.times, time)
    starts = read_starts(panel, cohort, keys, scale)
    clusters = keys.clusters(panel, cluster)
    size, lacking = read_weights(panel, weights, keys)

    set_aside = [("missing outcome", int((~whole).sum()))]
    lacks = [(f"missing covariate {name}", np.isnan(x)) for name, x in zip(covariates, measures, strict=True)]
    lacks += [] if lacking is None else [(f"missing or zero weight {weights}", lacking)]
    for reason, missing in lacks:
        set_aside.append((reason, int((whole & missing).sum())))
        whole = whole & ~missing
    order = np.argsort(positions)
    wide = [keys.spread(layer, whole, order) for layer in (values, *measures)]
    design = Design(
        outcomes=wide[0], times=positions[order], starts=starts, clusters=clusters,
        covariates=np.array(wide[1:]).reshape(len(measures), *wide[0].shape), weights=size, units=keys.units,
        scale=scale, names={"outcome": outcome, "unit": unit or ROWS, "time": time, "cohort": cohort,
                            "cluster": cluster or unit or ROWS} | ({"weights": weights} if weights else {}),
        n_rows=len(panel), set_aside=tuple(item for item in set_aside if item[1]), notes=(),
    )  # fmt: skip
    return _settle(design)


def _settle(design: Design) -> Design:
    """Drop units that cannot be used, move starts onto the scale, and note all of it."""
    design = design.without_empty()
    names, first, last = design.names, design.times[0], design.times[-1]
    if not (design.starts <= last).any():
        raise EstimationError(
            "No unit is treated in any period of the panel.",
            where=f"column {names['cohort']!r}",
            expected=f"a cohort between {design.scale.label(first)} and {design.scale.label(last)}",
            mend="Check that cohorts and periods are written on the same scale.",
        )
    always = design.starts <= first
    if always.any():
        rows = int(design.seen[always].sum())
        note = Note("always_treated", units=int(always.sum()), rows=rows)
        if not (design.starts[~always] <= last).any():
            raise EstimationError(
                "Every treated unit is treated from its first period on: no change can be seen.",
                where=f"column {names['cohort']!r}",
                value=design.scale.label(first),
                expected="cohorts that start after the first period",
                mend="Add periods before adoption.",
            )
        design = design.select(~always, "treated from the first period on", (note,))
    seen = design.outcomes if design.balanced else design.outcomes[design.seen]
    checks.require_variation(seen.reshape(-1), names["outcome"])
    return _with_notes(design)


def _with_notes(design: Design) -> Design:
    last, notes = design.times[-1], list(design.notes)
    finite = np.isfinite(design.starts)
    moved = finite & (design.starts != np.ceil(design.starts))
    if moved.any():
        notes.append(Note("off_grid_cohorts", units=int(moved.sum())))
    starts = np.where(finite, np.ceil(design.starts), np.inf)
    later = finite & (starts > last)
    if later.any():
        notes.append(Note("later_cohorts", units=int(later.sum())))
    if "weights" in design.names:
        notes.append(Note("weighted", weights=design.names["weights"]))
    if design.scale.step != 1:
        notes.append(Note("step", step=design.scale.step))
    absent = int(last - design.times[0] + 1 - len(design.times))
    if absent:
        notes.append(Note("gaps", count=absent))
    notes += [Note("set_aside", count=rows, reason=reason) for reason, rows in design.set_aside
              if reason.startswith("missing")]  # fmt: skip
    treated = len(np.unique(design.clusters[starts <= last])) if design.clustered else design.n_treated
    coarse = design.names["cluster"] != design.names["unit"]
    notes += checks.cluster_notes(design.n_clusters, treated, coarse)
    return replace(design, starts=starts, notes=tuple(notes))
