"""How indicators move with the tie rule: the same log under several rules, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace

import pandas as pd

from analysis.errors import StudyError
from analysis.networks.building.build import build_ties
from analysis.networks.building.rule import TieRule
from analysis.networks.indicators import indicators
from analysis.tables.places import PlaceTree


def tie_sensitivity(
    interactions: pd.DataFrame,
    rules: Mapping[str, TieRule] | Iterable[TieRule] | None = None,
    *,
    names: list[str] | tuple[str, ...] | str,
    tree: PlaceTree | pd.DataFrame | None = None,
    people: pd.DataFrame | None = None,
    levels: list[str] | tuple[str, ...] | str | None = "community",
    layers: list[str] | tuple[str, ...] | str | None = ("dyadic", "gatherings"),
    periods: list[str] | tuple[str, ...] | str | None = "all",
) -> pd.DataFrame:
    """Compute indicators under several tie rules.

    Parameters
    ----------
    interactions : DataFrame
        The log, as for `build_ties`.
    rules : dict of str -> TieRule, or TieRules, optional
        Rules to compare; the names of a dict name them, others are named by what they change of the first.
        By default `vary_rule()`: the default rule and, one at a time, other thresholds, half-lives, largest
        gatherings and statuses.
    names : str or list of str
        Indicators to compute.
    tree, people
        As for `build_ties`.
    levels, layers, periods : str or list of str, optional
        As for `indicators`; by default communities over the whole time, all dyadic ties together and all
        gatherings together. Layers and periods that a rule has no network of are left out for that rule.

    Returns
    -------
    DataFrame
        One row per rule, place, layer, period and indicator: rule (its name), the fields of the rule as
        columns rule_<field> (text where not a number), place_id, period, layer, indicator, value, n,
        std_error, and change: value minus that of the first rule (NaN where either is).

    Raises
    ------
    StudyError
        If there is no rule, or as `build_ties` and `indicators` do.
    """
    named = _named(vary_rule() if rules is None else rules)
    parts = []
    for name, rule in named.items():
        ties = build_ties(interactions, rule, tree=tree, people=people)
        known = {name for form in ties.layout.layers.values() for name in form}
        steps = {*ties.layout.steps, "all"}
        table = indicators(
            ties, people, names, levels=levels, layers=_known(layers, known), periods=_known(periods, steps)
        )
        columns = {f"rule_{key}": _plain(value) for key, value in rule.describe().items()}
        parts.append(table.assign(rule=name, **columns))
    result = pd.concat(parts, ignore_index=True)
    keys = ["place_id", "period", "layer", "indicator"]
    base = parts[0].set_index(keys)["value"]
    result["change"] = result["value"] - base.reindex(pd.MultiIndex.from_frame(result[keys])).to_numpy()
    first = ["rule", *(f"rule_{field.name}" for field in fields(TieRule))]
    return result[[*first, *(name for name in result.columns if name not in first)]]


def vary_rule(rule: TieRule | None = None) -> dict[str, TieRule]:
    """Return `rule` (the default one if None) and rules that each change one thing of it, by name."""
    rule = rule or TieRule()
    changes = [
        {"min_weight": 2},
        {"min_weight": 3},
        {"half_life": 30.0},
        {"half_life": 90.0, "min_weight": 0.5},
        {"gathering_sizes": (2, 50)},
        {"gathering_sizes": (2, 20)},
        {"statuses": ("done",)},
    ]
    return _named([rule, *(replace(rule, **change) for change in changes)])


def _named(rules: Mapping[str, TieRule] | Iterable[TieRule]) -> dict[str, TieRule]:
    if isinstance(rules, TieRule):
        rules = [rules]
    if isinstance(rules, Mapping):
        named = dict(rules)
    else:
        rules = list(dict.fromkeys(rules))
        named = {_difference(rule, rules[0]): rule for rule in rules}
    if not named or not all(isinstance(rule, TieRule) for rule in named.values()):
        raise StudyError(
            "There are no tie rules to compare.",
            where="rules",
            value=rules,
            expected="TieRules, or a dict of name -> TieRule",
            mend="Pass for example [TieRule(), TieRule(min_weight=2)].",
        )
    return named


def _difference(rule: TieRule, first: TieRule) -> str:
    if not isinstance(rule, TieRule) or rule == first:
        return "base"
    old = first.describe()
    return ", ".join(f"{key}={_plain(v)}" for key, v in rule.describe().items() if v != old[key])


def _known(wanted: object, known: set[str]) -> list[str] | None:
    if wanted is None:
        return None
    return [value for value in ([wanted] if isinstance(wanted, str) else wanted) if value in known]


def _plain(value: object) -> object:
    if isinstance(value, list):
        return " ".join("missing" if v is None else str(v) for v in value)
    return value
