"""From a log to ties: rows read and coded, places and layers laid out, every row accounted for."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.errors import StudyError
from analysis.networks.building.acts import Acts, read_acts
from analysis.networks.building.collect import collect_rows, count_lonely
from analysis.networks.building.layout import (
    DYADIC,
    FORMS,
    GATHERINGS,
    MOST_CELLS,
    Layout,
    label_periods,
    name_layers,
    read_places,
)
from analysis.networks.building.roster import call_roll, check_people
from analysis.networks.building.rule import TieRule
from analysis.networks.building.ties import Ties
from analysis.tables.places import PlaceTree


def build_ties(
    interactions: pd.DataFrame,
    rule: TieRule | None = None,
    *,
    tree: PlaceTree | pd.DataFrame | None = None,
    people: pd.DataFrame | None = None,
    kinds: dict[str, list[str]] | None = None,
) -> Ties:
    """Turn a log of interactions into ties.

    Parameters
    ----------
    interactions : DataFrame
        time, community_id, kind, source_id, and target_id (an act between two people) or gathering_id (a
        person in a gathering), optionally status. An act with both is an act towards the target. Further
        columns are ignored; the frame is not changed.
    rule : TieRule, optional
        What counts as a tie; the default rule if not given.
    tree : PlaceTree or DataFrame, optional
        Which community (community_id or place_id) lies in which street_id and district_id. Without it there
        are networks of communities only.
    people : DataFrame, optional
        The people table: kept as the default of `indicators` and `to_networkx`; communities of which only
        people are known get networks too.
    kinds : dict, optional
        Kinds of act to give layers to, by form ("dyadic", "gatherings"), found in this log or not: so that
        the parts of a log have the same layers. By default those found.

    Returns
    -------
    Ties
        `accounting` counts acts_in, acts_dyadic, acts_gathering (used), set_aside_<reason> for
        kind_not_in_rule, status_<status>, kind_missing, community_missing, source_missing, time_missing,
        before_start, after_end, target_and_gathering_missing, self_loop, repeat_join (a person who joined
        the same gathering again in the same community and period), and, among the acts used,
        target_and_gathering (both given), one_person_gatherings (over the whole log: no tie),
        cross_community_acts and acts_of_unknown_people (both only if `people` is given: acts between people
        of different communities; acts in which someone takes part who is not in the people table), and
        communities_not_in_tree.

    Raises
    ------
    StudyError
        If a required column is missing or of the wrong type, if a kind of act is called "dyadic" or
        "gatherings", if a person is twice in `people`, or if periods, communities and kinds multiply to more
        than can be numbered.

    Notes
    -----
    An act belongs to the community in which it happened, whoever took part: a tie between residents of two
    communities is a tie of the place of the act, of its street and of its district. Gatherings are told
    apart by kind and gathering_id; a gathering with n people gives each pair the weight 1 / (n - 1), n being
    the people who joined it within the network's own place and period, so that each person's weights from it
    add up to 1 (Newman 2001, Phys. Rev. E 64, 016132). One-person gatherings give no tie.
    """
    rule = rule or TieRule()
    people = people if people is not None and len(people) else None
    if people is not None:
        check_people(people)
    acts, aside, notes = read_acts(interactions, rule)
    dyadic = acts.target >= 0
    homes = pd.Index(people["community_id"].dropna().unique()) if people is not None else pd.Index([])
    used = acts.communities[np.bincount(acts.community, minlength=len(acts.communities)) > 0]
    communities, places, place_of, strangers = read_places(tree, used, homes)
    wanted = kinds or {}
    used_kinds = (
        np.bincount(acts.kind * np.int32(2) + dyadic, minlength=2 * len(acts.kinds)).reshape(-1, 2) > 0
    )
    kinds = {
        form: sorted({*acts.kinds[used_kinds[:, column]], *wanted.get(form, ())}, key=str)
        for column, form in enumerate((GATHERINGS, DYADIC))
    }
    layout = Layout(
        communities=communities,
        places=places,
        place_of=place_of,
        kinds=kinds,
        layers=name_layers(kinds),
        periods=label_periods(acts.first_period, acts.n_periods, rule.period),
        last_month=acts.last_month,
        window=rule.window,
    )
    _check_size(layout)
    dyads, joins = collect_rows(acts, dyadic, layout, rule)
    aside["repeat_join"] = len(dyadic) - int(dyadic.sum()) - len(joins.person)
    accounting = {
        "acts_in": len(interactions),
        "acts_dyadic": int(dyadic.sum()),
        "acts_gathering": len(joins.person),
        **{f"set_aside_{reason}": number for reason, number in aside.items() if number},
        **notes,
        "one_person_gatherings": count_lonely(joins),
        "communities_not_in_tree": strangers,
    }
    ties = Ties(rule, layout, acts.persons, dyads, joins, accounting, people)
    if people is not None:
        accounting.update(_by_home(ties, acts))
    return ties


def _check_size(layout: Layout) -> None:
    most = max(layout.n_cells(form) for form in FORMS)
    if most > MOST_CELLS:
        raise StudyError(
            "There are too many combinations of community, kind and period to hold at once.",
            where="interactions",
            value=f"{most:,}, over {len(layout.periods):,} periods",
            expected=f"at most {MOST_CELLS:,}",
            mend="Set TieRule.start and end if stray times stretch the log; else go district by district.",
        )


def _by_home(ties: Ties, acts: Acts) -> dict[str, int]:
    roster = call_roll(ties, ties.people)
    home = roster.labels["community"][: len(ties.persons)]
    known = roster.known[: len(ties.persons)]
    target = np.where(acts.target >= 0, acts.target, acts.source)
    pair = (home[acts.source] >= 0) & (home[target] >= 0)
    return {
        "cross_community_acts": int((pair & (home[acts.source] != home[target])).sum()),
        "acts_of_unknown_people": int((~known[acts.source] | ~known[target]).sum()),
    }
