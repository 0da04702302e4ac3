"""The ledger of the community funds: donations in, payments out, and when each entry is made public."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.simulate import calibration as known
from analysis.simulate.frames import frame, numbered, pick, shares
from analysis.simulate.matters import STEPS_OF, Actors, Batch
from analysis.simulate.organisations import OWNERS, PROPERTY, SOCIAL
from analysis.simulate.setting import Setting
from analysis.tables.values import LEDGER_SIDES

DECIDED, BUDGETED, SPENT = (STEPS_OF["fund"].index(name) for name in ("decided", "budgeted", "spent"))
PAYERS, USES = tuple(known.FUND_PAYERS), tuple(known.FUND_USES)


def ledger(setting: Setting, funds: Batch, ids: list[str], actors: Actors) -> pd.DataFrame:
    """Return the `ledger` table: entries of the projects that were given a budget, as known at the end.

    Parameters
    ----------
    setting : Setting
    funds : Batch
        Of `draw_funds`.
    ids : list of str
        Identifiers of its matters.
    actors : Actors
    """
    rng = setting.stream("ledger")
    given = np.flatnonzero(~np.isnan(funds.days[:, BUDGETED]))
    matter, amount, booked, org, what = (
        np.concatenate(pair)
        for pair in zip(_income(rng, funds, given, actors), _spending(rng, funds, given, actors), strict=True)
    )
    side = np.where(what < len(PAYERS), LEDGER_SIDES.index("income"), LEDGER_SIDES.index("spending"))
    after = funds.treated[matter].astype(int)
    mean, never = np.array(known.LEDGER_LAG), np.array(known.LEDGER_UNPUBLISHED)
    published = booked + np.ceil(rng.gamma(2.0, mean[after] / 2.0))
    published[(rng.random(len(matter)) < never[after]) | (published >= setting.days)] = np.nan
    order = np.lexsort((side, booked, matter))
    order = order[booked[order] < setting.days]
    return frame(
        "ledger",
        entry_id=numbered("E", len(order), 4),
        matter_id=pick(ids, matter[order]),
        side=pick(LEDGER_SIDES, side[order]),
        amount=amount[order],
        booked=setting.dates(booked[order]),
        published=setting.dates(published[order]),
        category=pick(PAYERS + USES, what[order]),
        org_id=pick(actors.labels, org[order]),
    )


def _income(rng: np.random.Generator, funds: Batch, given: np.ndarray, actors: Actors) -> tuple:
    """Draw what came in between the decision and a month after the budget; residents give unnamed."""
    matter, part = _split(rng, given, known.FUND_DONATIONS)
    raised = funds.amount * rng.uniform(*known.FUND_RAISED, len(funds.amount))
    first, last = funds.days[matter, DECIDED], funds.days[matter, BUDGETED] + 30
    booked = np.floor(first + rng.random(len(matter)) * (last - first))
    what = shares(rng, known.FUND_PAYERS, len(matter))
    community = funds.community[matter]
    payers = {
        "owners": actors.organisation(OWNERS, community),
        "property company": actors.organisation(PROPERTY, community),
        "social organisation": actors.organisation(SOCIAL, community),
        "department grant": actors.department(rng, community),
    }
    org = np.select([what == PAYERS.index(name) for name in payers], list(payers.values()), default=-1)
    return matter, _hundreds(raised[matter] * part), booked, org, what


def _spending(rng: np.random.Generator, funds: Batch, given: np.ndarray, actors: Actors) -> tuple:
    """Draw the payments to the contractor from the budget to the day the money is spent."""
    matter, part = _split(rng, given, known.FUND_PAYMENTS)
    spent = funds.amount * rng.normal(*known.FUND_COST, len(funds.amount)).clip(0.8, 1.15)
    first, last = funds.days[matter, BUDGETED], funds.days[matter, SPENT]
    booked = np.floor(first + np.sqrt(rng.random(len(matter))) * (last - first))  # more towards the end
    what = len(PAYERS) + shares(rng, known.FUND_USES, len(matter))
    org = actors.organisation(PROPERTY, funds.community[matter])
    return matter, _hundreds(spent[matter] * part), booked, org, what


def _split(
    rng: np.random.Generator, matters: np.ndarray, entries: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Draw how many entries each matter has; return the matter of each, and its part of the whole."""
    matter = np.repeat(matters, rng.integers(entries[0], entries[1] + 1, len(matters)))
    size = rng.gamma(2.0, size=len(matter)) + 0.2
    whole = np.bincount(matter, size)[matter] if len(matter) else size
    return matter, size / whole


def _hundreds(amount: np.ndarray) -> np.ndarray:
    return np.maximum(np.rint(amount / 100), 1) * 100
