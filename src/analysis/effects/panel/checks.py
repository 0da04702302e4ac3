"""Checks of a panel before estimation: what every estimator asks of columns, keys, treatment and clusters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.effects.results.notes import Note
from analysis.errors import EstimationError

FEW_CLUSTERS = 40
FEW_TREATED_CLUSTERS = 5
HUGE = 1e100


def require_columns(panel: pd.DataFrame, roles: dict[str, str | None]) -> None:
    """Raise unless every named column exists once and no column plays two parts.

    Parameters
    ----------
    panel : DataFrame
    roles : dict
        Argument name to column name; None values are passed over.
    """
    if not isinstance(panel, pd.DataFrame):
        raise EstimationError(
            "The panel is not a data frame.",
            where="argument panel",
            value=type(panel).__name__,
            expected="a pandas DataFrame with one row per unit and period",
            mend="Pass a pandas data frame.",
        )
    columns = panel.columns.tolist()
    for role, name in roles.items():
        found = columns.count(name) if name is not None else 1
        if found != 1:
            raise EstimationError(
                "A column of the panel is missing." if not found else "A column of the panel is there twice.",
                where=f"argument {role}",
                value=name,
                expected="one of: " + ", ".join(map(str, columns)),
                mend="Name a column of the panel." if not found else "Rename or drop one of them.",
            )
    named = [name for role, name in roles.items() if name is not None and role != "cluster"]
    double = next((name for name in named if named.count(name) > 1), None)
    if double is not None:
        raise EstimationError(
            "One column is asked to play two parts.",
            where=", ".join(role for role, name in roles.items() if name == double),
            value=double,
            expected="a column of its own for each part",
            mend="Name another column for one of them.",
        )


def forbid_mediators(panel: pd.DataFrame, covariates: Sequence[str]) -> None:
    """Raise if a covariate is measured after treatment: it would take part of the effect away.

    Such are columns whose name starts with "network_" and those listed in ``panel.attrs["post_treatment"]``.
    """
    listed = set(panel.attrs.get("post_treatment", ()))
    wrong = [name for name in covariates if str(name).startswith("network_") or name in listed]
    if wrong:
        raise EstimationError(
            "A covariate is measured after treatment: it may carry part of the effect (a mediator), and "
            "holding it fixed would take that part away and bias the rest.",
            where="argument covariates",
            value=", ".join(map(str, wrong)),
            expected="measures that treatment cannot change, such as their values before adoption",
            mend="Use it as an outcome, or freeze it at its last value before adoption under another name.",
        )


def numeric_column(panel: pd.DataFrame, column: str, part: str) -> np.ndarray:
    """Return a column as float with NaN for missing; raise on text and on infinite values."""
    values = panel[column]
    if values.dtype == np.float64:
        numbers = values.to_numpy()
    elif pd.api.types.is_numeric_dtype(values.dtype):
        numbers = values.to_numpy(dtype=float, na_value=np.nan)
    else:
        coerced = pd.to_numeric(values.astype(object), errors="coerce")
        wrong = values[coerced.isna() & values.notna()]
        if len(wrong) or pd.api.types.is_datetime64_any_dtype(values.dtype):
            example = (wrong if len(wrong) else values).iloc[0]
            raise EstimationError(
                f"The {part} is not a number in {len(wrong) or len(values)} rows.",
                where=f"column {column!r}",
                value=example,
                expected="numbers",
                mend="Recode the column as numbers, with missing values left empty.",
            )
        numbers = coerced.to_numpy(dtype=float)
    beyond = np.abs(numbers) > HUGE
    if beyond.any():
        endless = np.isinf(numbers)
        count, kind = (endless.sum(), "infinite") if endless.any() else (beyond.sum(), "too large to square")
        raise EstimationError(
            f"The {part} is {kind} in {int(count)} rows.",
            where=f"column {column!r}",
            value=numbers[beyond][0],
            expected=f"finite numbers up to {HUGE:g}; missing values left empty",
            mend="Look for a division by zero where the column was made.",
        )
    return numbers


def codes_of(panel: pd.DataFrame, column: str, part: str) -> tuple[np.ndarray, pd.Index]:
    """Return integer codes and distinct values of a key column; raise if it has missing values."""
    codes, values = pd.factorize(panel[column])
    missing = int((codes < 0).sum())
    if missing:
        raise EstimationError(
            f"The {part} is missing in {missing} rows.",
            where=f"column {column!r}",
            expected=f"a {part} in every row",
            mend="Fill it in or drop these rows.",
        )
    return codes, pd.Index(values)


def require_unique(unit_codes: np.ndarray, time_codes: np.ndarray, names: tuple[str, str], labels) -> None:
    """Raise if a unit has two rows for one period; `labels` are the distinct unit and time values."""
    width = int(time_codes.max(initial=0)) + 1
    counts = np.bincount(unit_codes * width + time_codes)
    if counts.max(initial=0) > 1:
        first = int(np.argmax(counts > 1))
        raise EstimationError(
            f"{int((counts > 1).sum())} unit-periods have more than one row.",
            where=f"columns {names[0]!r} and {names[1]!r}",
            value=f"{labels[0][first // width]}, {labels[1][first % width]}",
            expected="one row per unit and period",
            mend="Aggregate to one row per unit and period, or drop the duplicates.",
        )


def constant_within(codes: np.ndarray, values: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return each group's first value and a mask of the rows that differ from it."""
    first = np.empty(n, dtype=values.dtype)
    first[codes[::-1]] = values[::-1]
    return first, values != first[codes]


def cluster_codes(
    panel: pd.DataFrame, cluster: str | None, unit: str, unit_codes: np.ndarray, n_units: int
) -> np.ndarray:
    """Return the cluster of each unit as integer codes; the unit itself where none is named.

    Raises
    ------
    EstimationError
        If a cluster is missing or a unit lies in two clusters.
    """
    if cluster is None or cluster == unit:
        return np.arange(n_units)
    codes, labels = codes_of(panel, cluster, "cluster")
    first, differs = constant_within(unit_codes, codes, n_units)
    if differs.any():
        row = int(np.argmax(differs))
        raise EstimationError(
            f"{len(np.unique(unit_codes[differs]))} units lie in more than one cluster.",
            where=f"columns {unit!r} and {cluster!r}",
            value=f"{panel[unit].iloc[row]}: {labels[first[unit_codes[row]]]}, {labels[codes[row]]}",
            expected="each unit in one cluster throughout",
            mend="Correct the cluster, or cluster by a column that does not change within units.",
        )
    return first


def cluster_notes(clusters: int, treated_clusters: int, coarse: bool) -> list[Note]:
    """Return the notes that the number of clusters calls for; `coarse` if they are larger than units."""
    if clusters == 1:
        return [Note("one_cluster")]
    notes = [Note("few_clusters", clusters=clusters)] if clusters < FEW_CLUSTERS else []
    if coarse and treated_clusters < FEW_TREATED_CLUSTERS:
        notes.append(Note("few_treated_clusters", clusters=treated_clusters))
    return notes


def require_variation(outcome: np.ndarray, column: str) -> None:
    """Raise if no rows are left or the outcome never changes."""
    if not len(outcome):
        raise EstimationError(
            "No row has all the values the estimation needs.",
            where=f"column {column!r}",
            expected="rows with a unit, a period and an outcome",
            mend="Fill in the missing values, or leave out a covariate.",
        )
    if outcome.min() == outcome.max():
        raise EstimationError(
            "The outcome has the same value in every row used.",
            where=f"column {column!r}",
            value=outcome[0],
            expected="an outcome that varies",
            mend="Check how the outcome was made and which rows were selected.",
        )
