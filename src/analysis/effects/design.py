"""A staggered-adoption panel, checked and laid out as a units x periods matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.effects import checks
from analysis.effects.notes import Note
from analysis.effects.timescale import TimeScale, read_scale
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
    """

    outcomes: np.ndarray
    times: np.ndarray
    starts: np.ndarray
    clusters: np.ndarray
    covariates: np.ndarray
    scale: TimeScale
    names: dict[str, str]
    n_rows: int
    set_aside: tuple[tuple[str, int], ...]
    notes: tuple[Note, ...]

    @property
    def n_units(self) -> int:
        return len(self.starts)

    @property
    def n_obs(self) -> int:
        return int(self.seen.sum())

    @property
    def seen(self) -> np.ndarray:
        return np.isfinite(self.outcomes)

    @property
    def balanced(self) -> bool:
        return bool(self.seen.all())

    @property
    def n_clusters(self) -> int:
        return len(np.unique(self.clusters))

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
        return [self.scale.label(p) for p in positions]

    def select(self, units: np.ndarray, reason: str, notes: tuple[Note, ...] = ()) -> Design:
        """Return the design of the units in a mask, with the rows of the others set aside for `reason`."""
        rows = int(self.seen[~units].sum())
        return replace(
            self,
            outcomes=self.outcomes[units],
            starts=self.starts[units],
            clusters=self.clusters[units],
            covariates=self.covariates[:, units],
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
        units, periods = self.seen.any(axis=1), self.seen.any(axis=0)
        return replace(
            self,
            outcomes=self.outcomes[units][:, periods],
            times=self.times[periods],
            starts=self.starts[units],
            clusters=self.clusters[units],
            covariates=self.covariates[:, units][:, :, periods],
        )


def read_design(
    panel: pd.DataFrame,
    outcome: str,
    *,
    unit: str,
    time: str,
    cohort: str,
    covariates: Sequence[str] = (),
    cluster: str | None = None,
) -> Design:
    """Return `panel` as a checked `Design`; it is not changed.

    Rows without an outcome or covariate are set aside and counted, and so are the rows of units treated from
    the first period on; units starting after the last period count as untreated in the panel.

    Raises
    ------
    EstimationError
        Missing or doubled columns, text or infinite outcomes, unreadable times, duplicate unit-periods, a
        cohort or cluster that varies within a unit, no treated units, none untreated at first, a constant
        outcome.
    """
    covariates = list(covariates)
    roles = {"outcome": outcome, "unit": unit, "time": time, "cohort": cohort, "cluster": cluster}
    checks.require_columns(panel, roles | {f"covariates[{i}]": name for i, name in enumerate(covariates)})
    checks.forbid_mediators(panel, covariates)
    values = checks.numeric_column(panel, outcome, "outcome")
    measures = [checks.numeric_column(panel, name, "covariate") for name in covariates]
    unit_codes, unit_labels = checks.codes_of(panel, unit, "unit")
    time_codes, time_labels = checks.codes_of(panel, time, "period")
    checks.require_variation(values[np.isfinite(values)], outcome)
    scale = read_scale(time_labels, time)
    checks.require_unique(unit_codes, time_codes, (unit, time), (unit_labels, time_labels))
    positions = scale.positions(time_labels, time)
    starts = _starts(panel, cohort, unit, unit_codes, len(unit_labels), scale)
    clusters = checks.cluster_codes(panel, cluster, unit, unit_codes, len(unit_labels))

    whole = np.isfinite(values)
    set_aside = [("missing outcome", int((~whole).sum()))]
    for name, measure in zip(covariates, measures, strict=True):
        lacking = whole & ~np.isfinite(measure)
        set_aside.append((f"missing covariate {name}", int(lacking.sum())))
        whole &= ~lacking
    order = np.argsort(positions)
    column = np.argsort(order)[time_codes]
    wide = np.full((1 + len(measures), len(unit_labels), len(positions)), np.nan)
    for layer, measure in zip(wide, [values, *measures], strict=True):
        layer[unit_codes[whole], column[whole]] = measure[whole]
    design = Design(
        outcomes=wide[0], times=positions[order], starts=starts, clusters=clusters, covariates=wide[1:],
        scale=scale, names={"outcome": outcome, "unit": unit, "time": time, "cohort": cohort,
                            "cluster": cluster or unit},
        n_rows=len(panel), set_aside=tuple(item for item in set_aside if item[1]), notes=(),
    )  # fmt: skip
    return _settle(design)


def _starts(panel, cohort, unit, unit_codes, n_units, scale: TimeScale) -> np.ndarray:
    """Return each unit's start as a position, +inf where never treated."""
    codes, labels = pd.factorize(panel[cohort])
    positions = np.append(scale.positions(pd.Index(labels), cohort), np.inf)
    if scale.kind == "number" and scale.origin > 0 and (pd.Index(labels) == 0).any():
        raise EstimationError(
            "Cohort 0 lies before the panel: it looks like the code of other packages for never treated.",
            where=f"column {cohort!r}",
            value=0,
            expected="<NA> for units never treated; the first treated period otherwise",
            mend=f"Use panel[{cohort!r}].replace(0, pd.NA) for never-treated units; for units treated before "
            "the panel, give the true period.",
        )
    starts, differs = checks.constant_within(unit_codes, positions[codes], n_units)
    if differs.any():
        row = int(np.argmax(differs))
        raise EstimationError(
            f"The cohort varies within {len(np.unique(unit_codes[differs]))} units: a cohort is the one "
            "period in which a unit is first treated, and treatment does not end.",
            where=f"column {cohort!r}",
            value=f"{panel[unit].iloc[row]}: {panel[cohort].iloc[row]}",
            expected="one cohort per unit, the same in all its rows; <NA> if never treated",
            mend="Compute the first treated period per unit; treatment that ends again needs twfe "
            "or a design for it.",
        )
    return starts


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
    checks.require_variation(design.outcomes[design.seen], names["outcome"])
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
    if design.scale.step != 1:
        notes.append(Note("step", step=design.scale.step))
    absent = int(last - design.times[0] + 1 - len(design.times))
    if absent:
        notes.append(Note("gaps", count=absent))
    notes += [Note("set_aside", count=rows, reason=reason) for reason, rows in design.set_aside
              if reason.startswith("missing")]  # fmt: skip
    treated = len(np.unique(design.clusters[starts <= last]))
    coarse = design.names["cluster"] != design.names["unit"]
    notes += checks.cluster_notes(design.n_clusters, treated, coarse)
    return replace(design, starts=starts, notes=tuple(notes))
