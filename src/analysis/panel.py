"""Everything a study measures, as one balanced panel of communities by periods."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.adoption import cohorts_of
from analysis.burden import burden_measures, service_measures
from analysis.errors import AnalysisError, StudyError
from analysis.large import SplitStudy
from analysis.processes import fund_measures, matching_measures, process_measures
from analysis.processes.budgeting import budgeting_measures
from analysis.processes.opinions import opinion_measures
from analysis.processes.participation import CONSULTATION_KINDS
from analysis.tables.measures import empty_measures
from analysis.tables.periods import ALL, FREQUENCIES, ordinal

KEYS = ("place_id", "district_id", "street_id", "period", "time")
FAMILY_TABLES = {
    "networks": ("interactions",),
    "inclusion": ("people",),
    "consultation": ("matters", "steps"),
    "opinions": ("options", "votes"),
    "budgeting": ("options", "votes"),
    "burden": ("duties",),
    "matching": ("listings",),
    "funds": ("ledger",),
    "outcomes": ("outcomes",),
    "effects": ("reforms",),
}


def missing_tables(study) -> dict[str, tuple[str, ...]]:
    """Return the families of measures that cannot be given in full, and the tables that would bring them.

    Parameters
    ----------
    study : Study

    Returns
    -------
    dict of str to tuple of str
        Of networks, inclusion, consultation, opinions, budgeting, burden, matching, funds, outcomes and
        effects, those that lack a table. A study whose options are all projects lacks the options of
        opinions, and one whose options are all statements those of budgeting.
    """
    lacking = {
        family: tuple(table for table in tables if not study.has(table))
        for family, tables in FAMILY_TABLES.items()
    }
    for family, kind in (("opinions", "statement"), ("budgeting", "project")):
        if not lacking[family] and not study.options["kind"].eq(kind).any():
            lacking[family] = ("options",)
    return {family: tables for family, tables in lacking.items() if tables}


def further_measures(study) -> pd.DataFrame:
    """Return opinions, participatory budgeting, matching, funds and staff time with residents in one frame.

    Parameters
    ----------
    study : Study

    Returns
    -------
    DataFrame
        place_id, period, measure, value, n, std_error: `opinion_measures`, `budgeting_measures`,
        `matching_measures`, `fund_measures` and `service_measures`, each where the study has its tables.

    Raises
    ------
    AnalysisError
        As these raise.
    """
    families = (
        (opinion_measures, ("options", "votes")), (budgeting_measures, ("options",)),
        (matching_measures, ("listings",)), (fund_measures, ("ledger",)),
        (service_measures, ("interactions", "people")),
    )  # fmt: skip
    parts = [measure(study) for measure, tables in families if study.has(*tables)]
    parts = [part for part in parts if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else empty_measures()


def build_panel(
    study,
    *,
    indicators: pd.DataFrame | None = None,
    processes: pd.DataFrame | None = None,
    burden: pd.DataFrame | None = None,
    further: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the balanced panel of a study: one row per community and period.

    Parameters
    ----------
    study : Study or SplitStudy
        Of a split study the log is read one district at a time; the panel is the same.
    indicators : DataFrame, optional
        place_id, period, layer, indicator, value, n, std_error, as `networks.indicators` returns; computed
        from the interactions if not given.
    processes, burden, further : DataFrame, optional
        place_id, period, measure, value, n, std_error, as `process_measures`, `burden_measures` and
        `further_measures` return; computed if not given. A frame without rows leaves its measures out.

    Returns
    -------
    DataFrame
        place_id, district_id, street_id : the community and what holds it, missing where nothing does.
        period, time : label, and count of periods since 1970, so that differences are steps.
        One column per measure of `outcomes`, under its own name, and per measure of processes, burden,
            opinions, participatory budgeting, matching, funds and staff time with residents.
        network_<indicator> : of layer "dyadic".
        cohort_<reform> : Int64, `time` of the period in which the reform first started in the community or
            in a place that holds it; missing if never. A start within a period makes that period the first
            treated one, though only partly treated. It may lie outside the panel's periods.
        dose_<reform> : dose of that start, the same in every period; 0 if never, NaN if not stated.

        Every community has every period, NaN where there are no data. ``attrs`` holds lists and numbers:
        post_treatment, the network columns, which a reform may change and which are therefore outcomes or
        mediators, no covariates; by_lot, the reforms of which the study says of every start that a lot
        decided it; ended_reforms, per reform in how many communities it ended before the study
        did (the cohort ignores the end); left_out, how many outcomes of other places than
        communities, outcomes of other periods than the study's, and reforms of places without communities
        do not stand in the panel.

    Raises
    ------
    AnalysisError
        If a frame given lacks a column.
    StudyError
        If two measures have one name, or a place has two values of an outcome in one period.
    """
    given = {
        "processes": _checked(processes, "processes"), "burden": _checked(burden, "burden"),
        "further": _checked(further, "further"),
        "network": None if indicators is None else _dyadic(indicators),
    }  # fmt: skip
    if isinstance(study, SplitStudy):
        study, given = _log_free(study, given)
    panel = _frame_of(study)
    outcomes, left_out = _outcomes_of(study)
    measure = {
        "processes": process_measures, "burden": burden_measures, "further": further_measures,
        "network": lambda study: _dyadic(_network_indicators(study)),
    }  # fmt: skip
    tidy = [measure[name](study) if frame is None else frame for name, frame in given.items()]
    wide = [_wide(family, panel) for family in (outcomes, *tidy)]
    cohorts, ended, nowhere, by_lot = cohorts_of(study)
    parts = [panel, *wide, cohorts.reindex(panel["place_id"]).reset_index(drop=True)]
    _refuse_doubles(parts)
    panel = pd.concat(parts, axis=1)
    panel.attrs = {
        "post_treatment": list(wide[-1].columns),
        "by_lot": by_lot,
        "ended_reforms": ended,
        "left_out": left_out | {"reforms_without_communities": nowhere},
    }
    return panel


def _log_free(split: SplitStudy, given: dict) -> tuple[object, dict]:
    """Return a split study without its log, and the measures given, with those of the log by district."""
    log = split.has("interactions")
    given = dict(given)
    if given["network"] is None and log:
        given["network"] = pd.concat([_dyadic(table) for table in _indicators_by_district(split)])
    study = split.without_log(CONSULTATION_KINDS)
    if given["further"] is None:
        no_log = replace(study, frames=study.frames | {"interactions": study.interactions.head(0)})
        parts = [further_measures(no_log)]
        if log and split.has("people"):
            parts += [service_measures(split.lending(district)) for district in [*split.districts, None]]
        parts = [part for part in parts if len(part)]
        given["further"] = pd.concat(parts, ignore_index=True) if parts else empty_measures()
    return study, given


def _indicators_by_district(split: SplitStudy) -> Iterator[pd.DataFrame]:
    from analysis.networks.running.run import compute_unit
    from analysis.networks.running.units import split_study

    for unit in split_study(split, None, ""):
        table = compute_unit(unit, [label for label in unit.keys if label != ALL], None)
        yield table[table["place_id"].isin(unit.levels["community_id"])]


def _frame_of(study) -> pd.DataFrame:
    """Return the keys of the panel, sorted by community in table order and by period."""
    levels = study.tree.levels().rename(columns={"community_id": "place_id"})
    periods = pd.DataFrame({"period": pd.Series(study.periods, dtype="str")})
    periods["time"] = ordinal(periods["period"], study.period).astype("int64")
    return levels.merge(periods, how="cross")[list(KEYS)]


def _wide(tidy: pd.DataFrame, panel: pd.DataFrame) -> pd.DataFrame:
    """Return one column per measure of `tidy`, in order of appearance, in the rows of `panel`."""
    rows = pd.MultiIndex.from_frame(panel[["place_id", "period"]])
    row = rows.get_indexer(pd.MultiIndex.from_frame(tidy[["place_id", "period"]])) if len(rows) else []
    column, names = pd.factorize(tidy["measure"])
    values = np.full((len(rows), len(names)), np.nan)
    inside = np.asarray(row) >= 0
    if inside.any():
        values[np.asarray(row)[inside], column[inside]] = tidy["value"].to_numpy(float)[inside]
    return pd.DataFrame(values, columns=list(names))


def _outcomes_of(study) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the outcomes and how many of them do not belong into a panel of communities by periods."""
    outcomes = study.outcomes
    twice = outcomes.duplicated(["place_id", "period", "measure"])
    if twice.any():
        row = outcomes[twice].iloc[0]
        raise StudyError(
            "An outcome has two values for one place and period.",
            where="outcomes.place_id, period, measure",
            value=f"{row['place_id']}, {row['period']}, {row['measure']}",
            expected="one value",
            mend="Keep one of the rows.",
        )
    elsewhere = ~outcomes["place_id"].isin(study.tree.communities)
    other_time = ~outcomes["period"].isin(study.periods)
    return outcomes, {
        "outcomes_of_other_places": int(elsewhere.sum()),
        "outcomes_of_other_periods": int((other_time & ~elsewhere).sum()),
    }


def _network_indicators(study) -> pd.DataFrame:
    if not study.has("interactions"):
        return pd.DataFrame({c: [] for c in ("place_id", "period", "layer", "indicator", "value")})
    from analysis.networks import TieRule, build_ties, indicators

    first, last = (pd.Period(study.periods[i], freq=FREQUENCIES[study.period]) for i in (0, -1))
    start, end = (str(day.date()) for day in (first.start_time, last.end_time))
    rule = TieRule(period=study.period, start=start, end=end)
    ties = build_ties(study.interactions, rule, tree=study.tree, people=study.people)
    return indicators(ties, study.people)


def _dyadic(table: pd.DataFrame) -> pd.DataFrame:
    """Return the indicators of all dyadic ties together, as measures named network_<indicator>."""
    table = _checked(table, "indicators", ("place_id", "period", "layer", "indicator", "value"))
    table = table[table["layer"] == "dyadic"]
    return table[["place_id", "period", "value"]].assign(
        measure="network_" + table["indicator"].astype("str")
    )


def _checked(
    table: pd.DataFrame | None,
    argument: str,
    columns: tuple[str, ...] = ("place_id", "period", "measure", "value"),
) -> pd.DataFrame | None:
    lacking = [] if table is None else [column for column in columns if column not in table.columns]
    if lacking:
        raise AnalysisError(
            f"The frame given as {argument} lacks columns.",
            where=f"build_panel({argument}=...)",
            value=", ".join(lacking),
            expected=", ".join(columns),
            mend="Pass the frame as the measuring function returns it.",
        )
    return table


def _refuse_doubles(parts: list[pd.DataFrame]) -> None:
    names = pd.Series([name for part in parts for name in part.columns])
    if names.duplicated().any():
        raise StudyError(
            "Two columns of the panel would have one name.",
            where="outcomes.measure",
            value=names[names.duplicated()].iloc[0],
            expected="a name that is no other measure's and no key of the panel",
            mend="Rename the outcome's measure in the study.",
        )
