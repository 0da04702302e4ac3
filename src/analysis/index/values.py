"""What the table holds for an index: numbers per place and indicator, and which places have enough."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.index.rules import fault
from analysis.index.spec import IndexSpec
from analysis.index.steps import reference_of

LARGEST, SMALLEST = 1e100, 1e-100  # beyond these, squares are no numbers any more
ENOUGH, TOO_FEW, NO_DIMENSION = "", "too_few_indicators", "empty_dimension"


def read_values(table: pd.DataFrame, spec: IndexSpec, place: str) -> tuple[list[str], np.ndarray]:
    """Return the places and their transformed values (places x indicators of `spec`)."""
    if not isinstance(spec, IndexSpec):
        raise fault("This is no index.", "spec", type(spec).__name__, "an IndexSpec, as read_index gives")
    if place not in table.columns:
        raise fault(
            "The table has no column with the places.",
            "place",
            place,
            "one of " + ", ".join(map(str, table.columns)),
        )
    twice = table.columns[table.columns.duplicated()].intersection([place, *spec.columns])
    if len(twice):
        raise fault("A column stands twice in the table.", "table", twice[0], "every column once")
    lacking = [column for column in spec.columns if column not in table.columns]
    if lacking:
        raise fault(
            "The table lacks columns of the index.",
            f"index {spec.name}",
            ", ".join(lacking),
            "a column for every indicator",
            "Correct the names, or leave indicators out: spec, reasons = spec.fit(table)",
        )
    names = table[place].astype("str").tolist()
    twice = table[place].duplicated() | table[place].isna()
    if twice.any():
        raise fault(
            "A place stands twice in the table, or has no name.",
            place,
            table[place][twice].iloc[0],
            "one row per place",
            "An index compares places in one period: choose one first.",
        )
    values = (
        np.column_stack([_numeric(table[c], c) for c in spec.columns]) if len(table) else np.empty((0, 0))
    )
    if len(names) == 0:
        raise fault("The table has no rows.", "table", None, "one row per place")
    for j, indicator in enumerate(spec.indicators):
        if indicator.transform == "log":
            if np.nanmin(values[:, j], initial=np.inf) <= 0:
                raise fault(
                    "The logarithm needs values above 0.",
                    indicator.column,
                    np.nanmin(values[:, j]),
                    "values above 0",
                )
            values[:, j] = np.log(values[:, j])
    return names, values


def _numeric(column: pd.Series, name: str) -> np.ndarray:
    numbers = pd.to_numeric(column, errors="coerce")
    text = column[numbers.isna() & column.notna()]
    if len(text) or column.dtype.kind in "mMc":
        found = text.iloc[0] if len(text) else column.iloc[0]
        raise fault("An indicator is not numeric.", name, found, "numbers, NaN where not known")
    values = numbers.to_numpy(dtype="float64", na_value=np.nan)
    if np.nanmax(np.abs(values), initial=0) > LARGEST:
        raise fault("An indicator is infinite.", name, np.nanmax(np.abs(values)), "finite numbers, or NaN")
    return values


def reasons(raw: np.ndarray, spec: IndexSpec) -> np.ndarray:
    """Return per place why it gets no score: too_few_indicators, empty_dimension, or "" where it does."""
    gaps = np.isnan(raw)
    few = gaps.mean(axis=1) > spec.max_missing
    parents = np.array([i.parent for i in spec.indicators])
    empty = np.zeros(len(raw), dtype=bool)
    for parent in set(parents):
        empty |= gaps[:, parents == parent].all(axis=1)
    return np.select([few | gaps.all(axis=1), empty], [TOO_FEW, NO_DIMENSION], ENOUGH)


def check_values(used: np.ndarray, spec: IndexSpec, normalisations: tuple[str, ...]) -> None:
    """Raise AnalysisError if no place is left, or an indicator does not tell the places apart."""
    if not len(used):
        raise fault(
            "No place has enough indicators for the index.",
            f"index {spec.name}",
            f"max_missing = {spec.max_missing:g}",
            "places that lack fewer, and have something in every dimension",
            "Leave out indicators that are hardly known: spec.without([...])",
        )
    for j, indicator in enumerate(spec.indicators):
        known = used[:, j][~np.isnan(used[:, j])]
        fixed = set(normalisations) == {"minmax"} and indicator.goalposts is not None
        if len(known) == 0 or (not fixed and np.ptp(known) <= max(SMALLEST, 1e-12 * np.abs(known).max())):
            found = f"{known[0]:g} in all {len(known)} places that have it" if len(known) else "no values"
            raise fault(
                "An indicator does not tell the places apart.",
                f"index {spec.name}: {indicator.column}",
                found,
                "at least two different values",
                "Leave it out: spec, reasons = spec.fit(table)",
            )
        if "reference" in normalisations and reference_of(used[:, j], indicator) == 0:
            raise fault(
                "A reference of 0 has no relative distance.",
                f"index {spec.name}: {indicator.column}",
                indicator.reference,
                "a reference other than 0",
                "Set another reference, or another normalisation.",
            )
