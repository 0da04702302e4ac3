"""The known truth of a synthetic city, written out so that estimates can be held against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np

from analysis.simulate import calibration as known
from analysis.simulate.ground import Ground
from analysis.simulate.latent import NEVER, Latent
from analysis.simulate.setting import Setting
from analysis.simulate.truth import CAPITAL, REFORMS, STAGGERED


def describe_truth(setting: Setting, ground: Ground, latent: Latent) -> dict:
    """Return what truth.json holds.

    Entries
    -------
    seed, parameters, window
        What the city was made with; first and last month. `parameters.truth` is every field of `Truth`.
    reforms.<reform>.starts, .never
        Communities per start month; communities that the reform never reaches.
    reforms.<reform>.district_multipliers
        Factor on all effects of the reform in each district; their plain mean is 1.
    reforms.<reform>.effects.<measure>
        unit : of the measure ("social_capital": log points of help, goods and skill acts per member).
        designed : effect by event time 0, 1, 2, ... (months since the start) before the district
        multiplier; the last value lasts. 0 before the start, unless truth.anticipation is set.
        att_overall : realised effect, averaged over all treated community-months of the window, each
        with the same weight: the estimand of a group-time estimator aggregated "simple", or "overall".
        att_by_event_time : realised effect by event time, averaged over the communities seen at it.
        att_by_cohort, att_by_district : the same by start month and by district.
        n_treated : treated community-months behind att_overall.
        For trust the effect is the total one: direct and through social capital.
    spillover
        On participation alone. full_exposure : change of a community not yet treated if all others of its
        street are; realised_average : over `n_exposed` exposed community-months. Effects under `reforms`
        are against no treatment anywhere, spillover included.
    mediation.<reform>
        Of the effect on trust: points_per_log_point of social capital, the average effect through social
        capital (`indirect`), the rest (`direct`), and `share` = indirect / (indirect + direct), all over
        treated community-months. Shocks to social capital and to trust are otherwise independent, so
        nothing confounds the mediator but the community's own level.
    processes
        How the reforms change what is logged (matters, steps, interactions, duties).
    comparisons
        Which estimates these data allow without bias, and which not, each with the reason. Assignment of
        the staggered reforms is random within districts, that of the pilots of shared_community random
        over the city, all independent of each other: each may be analysed without the others.
    """
    first, last = setting.periods[0], setting.periods[-1]
    return {
        "seed": int(setting.seed),
        "parameters": {
            "districts": int(setting.districts),
            "communities": int(setting.communities),
            "months": int(setting.months),
            "truth": _plain(asdict(setting.truth)),
        },
        "window": [first, last],
        "reforms": {reform: _reform(setting, ground, latent, reform) for reform in REFORMS},
        "spillover": _spillover(setting, latent),
        "mediation": {r: _mediation(setting, latent, r) for r in ("consultation", "shared_community")},
        "processes": known.PROCESS_TRUTH if setting.truth.processes else {},
        "comparisons": _comparisons(setting),
    }


def _reform(setting: Setting, ground: Ground, latent: Latent, reform: str) -> dict:
    starts = latent.starts[reform]
    dates, counts = np.unique(starts[starts < NEVER], return_counts=True)
    units = {m: known.MEASURES[m].unit for m in known.MEASURES} | {CAPITAL: "log points"}
    return {
        "starts": {setting.periods[d]: int(c) for d, c in zip(dates, counts, strict=True)},
        "never": int((starts == NEVER).sum()),
        "district_multipliers": dict(
            zip(ground.district_ids, latent.multipliers[reform].round(6).tolist(), strict=True)
        ),
        "effects": {
            measure: {"unit": unit, "designed": list(setting.truth.designed(reform, measure))}
            | _realised(setting, ground, latent, reform, measure)
            for measure, unit in units.items()
        },
    }


def _realised(setting: Setting, ground: Ground, latent: Latent, reform: str, measure: str) -> dict:
    """Average the effect over treated community-months: all, by event time, cohort and district."""
    event_time, effect = latent.event_time(reform), latent.effects[reform][measure]
    treated = event_time >= 0

    def by(key: np.ndarray, labels: Sequence[str]) -> dict[str, float]:
        key = np.broadcast_to(key, treated.shape)[treated]
        count, total = np.bincount(key), np.bincount(key, effect[treated])
        return {labels[k]: round(float(total[k] / count[k]), 6) for k in np.flatnonzero(count)}

    return {
        "att_overall": _mean(effect[treated]),
        "att_by_event_time": by(event_time, [str(e) for e in range(setting.months)]),
        "att_by_cohort": by(latent.starts[reform][:, None], setting.periods),
        "att_by_district": by(setting.district_of[:, None], ground.district_ids),
        "n_treated": int(treated.sum()),
    }


def _spillover(setting: Setting, latent: Latent) -> dict:
    exposed = latent.spillover != 0
    return {
        "reform": "consultation",
        "measure": "participation",
        "from": "treated communities of the same street",
        "on": "communities not yet, or never, treated",
        "full_exposure": float(setting.truth.spillover),
        "realised_average": _mean(latent.spillover[exposed]),
        "n_exposed": int(exposed.sum()),
    }


def _mediation(setting: Setting, latent: Latent, reform: str) -> dict:
    treated, slope = latent.treated(reform), setting.truth.trust_per_capital
    total = _mean(latent.effects[reform]["trust"][treated])
    indirect = _mean(slope * latent.effects[reform][CAPITAL][treated])
    return {
        "outcome": "trust",
        "mediator": CAPITAL,
        "points_per_log_point": float(slope),
        "indirect": indirect,
        "direct": None if total is None else round(total - indirect, 6),
        "share": round(indirect / total, 6) if total else None,
    }


def _comparisons(setting: Setting) -> list[dict]:
    truth, rows = setting.truth, []
    broken = [
        text
        for holds, text in (
            (truth.anticipation > 0, f"effects set in {truth.anticipation} months before the start"),
            (truth.trend != 0, "communities that will be treated drift away from the others"),
        )
        if holds
    ]
    for reform in STAGGERED:
        for measure in known.MEASURES:
            reasons = list(broken)
            if truth.spillover and (reform, measure) == ("consultation", "participation"):
                reasons.append("the controls of a treated street are touched by the reform: biased towards 0")
            rows.append(
                {
                    "reform": reform,
                    "measure": measure,
                    "controls": "never or not yet treated communities",
                    "unbiased": not reasons,
                    "why": "; ".join(reasons) or "random start, no anticipation, no spillover, common shocks",
                }
            )
    rows.append(
        {
            "reform": "consultation",
            "measure": "participation",
            "controls": "not yet treated communities of streets without a treated one",
            "unbiased": not broken,
            "why": "; ".join(broken) or "controls without a treated neighbour are not touched",
        }
    )
    return rows


def _mean(values: np.ndarray) -> float | None:
    return round(float(values.mean()), 6) if values.size else None


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return list(value) if isinstance(value, tuple) else value
