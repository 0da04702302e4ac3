"""What the questions on neighbourhood units come to."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.teaching.answers import once

ANSWER_SD = 18.0
SMALLEST, BEST = 4, 20


@once
def units(study) -> pd.DataFrame:
    """Return the units: value and n of the first survey, value of the second, community, reforms."""
    wide = study.outcomes.pivot(index="place_id", columns="period", values=["value", "n"])
    first, second = sorted(study.outcomes["period"].unique())
    table = pd.DataFrame(
        {"value": wide["value"][first], "n": wide["n"][first], "later": wide["value"][second]}, dtype=float
    )
    table["community"] = study.places.set_index("place_id")["parent_id"].reindex(table.index)
    reforms = study.reforms.groupby("reform")["place_id"].agg(set)
    table["visited"] = table.index.isin(reforms["visits"])
    table["trained"] = table["community"].isin(reforms["training"])
    return table.assign(std_error=ANSWER_SD / np.sqrt(table["n"]))


def median_of_best(study) -> float:
    return units(study).nlargest(BEST, "value")["n"].median()


def mean_of_best(study) -> float:
    return units(study).nlargest(BEST, "value")["n"].mean()


def median_of_all(study) -> float:
    return units(study)["n"].median()


def small_less_large(study) -> float:
    table = units(study)
    low, high = table["n"].quantile([0.25, 0.75])
    means = (table.loc[table["n"] <= low, "value"].mean(), table.loc[table["n"] >= high, "value"].mean())
    return means[0] - means[1]


def _mean(study) -> float:
    return float(np.average(units(study)["value"], weights=units(study)["n"]))


def share_outside(study) -> float:
    table = units(study)
    return float(((table["value"] - _mean(study)).abs() > 1.96 * table["std_error"]).mean())


def share_inside(study) -> float:
    return 1 - share_outside(study)


def variance_between(study) -> float:
    table = units(study)
    return float(table["value"].var() - (table["std_error"] ** 2).mean())


def spread_between(study) -> float:
    return float(np.sqrt(variance_between(study)))


def spread_observed(study) -> float:
    return float(units(study)["value"].std())


def weight_of_smallest(study) -> float:
    return variance_between(study) / (variance_between(study) + ANSWER_SD**2 / SMALLEST)


def weight_of_noise(study) -> float:
    return 1 - weight_of_smallest(study)


@once
def shrunk(study) -> pd.Series:
    """Return each unit's figure drawn towards the mean of all."""
    table, between = units(study), variance_between(study)
    weight = between / (between + table["std_error"] ** 2)
    return _mean(study) + weight * (table["value"] - _mean(study))


def still_best(study) -> int:
    best = set(units(study).nlargest(BEST, "value").index)
    return len(best & set(shrunk(study).nlargest(BEST).index))


def no_longer_best(study) -> int:
    return BEST - still_best(study)


def gain_of_visited(study) -> float:
    visited = units(study).query("visited")
    return float((visited["later"] - visited["value"]).mean())


def gain_expected(study) -> float:
    visited = units(study).query("visited")
    return float((shrunk(study)[visited.index] - visited["value"]).mean())


def gain_of_others(study) -> float:
    others = units(study).query("not visited")
    return float((others["later"] - others["value"]).mean())


def _std_error(groups: pd.core.groupby.SeriesGroupBy) -> float:
    return float(np.sqrt((groups.var() / groups.size()).sum()))


def error_by_community(study, column: str = "value") -> float:
    means = units(study).groupby("community").agg(trained=("trained", "first"), value=(column, "mean"))
    return _std_error(means.groupby("trained")["value"])


def error_a_year_later(study) -> float:
    return error_by_community(study, "later")


def error_by_unit(study) -> float:
    return _std_error(units(study).groupby("trained")["value"])


def truth_table(truth: dict) -> pd.DataFrame:
    """Return how far observed and shrunk figures lie from the true ones, by number of answers."""
    drawn = truth["units"]
    table = pd.DataFrame({name: drawn[name] for name in ("true", "observed", "n")})
    noise = drawn["sd_of_answers"] ** 2 / table["n"]
    between = drawn["sd_between_communities"] ** 2 + drawn["sd_within_communities"] ** 2
    mean = np.average(table["observed"], weights=table["n"])
    table["shrunk"] = mean + between / (between + noise) * (table["observed"] - mean)
    classes = pd.cut(table["n"], [0, 6, 12, 24, 48, np.inf], labels=["3-6", "7-12", "13-24", "25-48", "49 +"])
    rows = []
    for label, group in table.groupby(classes, observed=True):
        errors = [
            float(np.sqrt(((group[name] - group["true"]) ** 2).mean())) for name in ("observed", "shrunk")
        ]
        rows.append((label, len(group), *errors))
    columns = ["answers", "units", "typical error as observed", "typical error when shrunk"]
    return pd.DataFrame(rows, columns=columns)
