"""Hiding: an attacker with every published number and all sums cannot tell a small cell closely."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from analysis.display.numbers import is_hidden
from analysis.display.text import Text
from analysis.reporting import DistrictReport
from analysis.reporting.disclosure import Tree, hidden_cells, hide, protect_frames
from analysis.reporting.sections.common import comparison
from analysis.reporting.site.downloads import districts_csv
from analysis.reporting.site.facts import Facts

WIDTH = 3  # from 1 to 4


def sums(tree, columns):
    """Yield every sum as (cell of the total, cells of its parts)."""
    for place in range(len(tree.parent)):
        parts = np.flatnonzero(tree.parent == place)
        for column in range(columns):
            if len(parts):
                yield (place, column), [(part, column) for part in parts]
        if columns > 1:
            yield (place, columns - 1), [(place, column) for column in range(columns - 1)]


def told(counts, hidden, tree):
    """Return the small cells that linear programming tells closer than from 1 to 4: (cell, least, most)."""
    unknown = {cell: at for at, cell in enumerate(zip(*np.nonzero(hidden & (counts > 0)), strict=True))}
    lines, values = [], []
    for total, parts in sums(tree, counts.shape[1]):
        line, value = np.zeros(len(unknown)), 0.0
        for cell, sign in ((total, -1), *((part, 1) for part in parts)):
            if cell in unknown:
                line[unknown[cell]] += sign
            else:
                value -= sign * counts[cell]
        lines.append(line), values.append(value)
    found = []
    for cell, at in unknown.items():
        if counts[cell] < 5:
            goal = np.eye(len(unknown))[at]
            ends = [linprog(s * goal, A_eq=np.array(lines), b_eq=values, bounds=(1, None)) for s in (1, -1)]
            least, most = ends[0].fun, -ends[1].fun if ends[1].status == 0 else np.inf
            if most - least < WIDTH - 1e-6:
                found.append((cell, least, most))
    return found


def random_table(seed):
    draw = np.random.default_rng(seed)
    districts, streets, communities = draw.integers(1, 4), draw.integers(0, 4), draw.integers(2, 7)
    places = [f"D{i}" for i in range(districts)] + [f"S{i}" for i in range(streets)]
    parents = {f"S{i}": f"D{draw.integers(districts)}" for i in range(streets)}
    for i in range(communities):
        high = streets and draw.random() < 0.7
        parents[f"C{i}"] = f"S{draw.integers(streets)}" if high else f"D{draw.integers(districts)}"
    places += [f"C{i}" for i in range(communities)]
    tree, given = Tree.of(places, parents), np.array([p[0] == "C" for p in places])
    many = draw.choice([1, 4, 10, 20]) * draw.gamma(1, 1, (communities, 1))
    counts = np.zeros((len(places), draw.integers(2, 5)), np.int64)
    counts[given, :-1] = draw.poisson(many, (communities, counts.shape[1] - 1))
    counts[:, -1] = counts[:, :-1].sum(axis=1)
    return tree.summed(counts, given), tree


def test_linear_programming_tells_no_small_cell():
    tables = [random_table(seed) for seed in range(12)]
    assert sum(((counts > 0) & (counts < 5)).sum() for counts, _ in tables) > 50
    for counts, tree in tables:
        assert told(counts, hide([counts], tree), tree) == []


def test_the_attack_succeeds_where_only_small_cells_are_hidden():
    assert sum(len(told(c, (c > 0) & (c < 5), tree)) for c, tree in map(random_table, range(6))) > 10


def test_smallest_other_cell_is_hidden_too():
    tree = Tree.of(["A", "B", "C", "D"], {})
    counts = np.array([[3], [40], [12], [0], [55]])
    assert hide([counts], tree)[:, 0].tolist() == [True, False, True, False, False]
    assert not hide([counts * 2], tree).any()


def test_a_sum_with_nothing_else_to_hide_is_hidden_itself():
    tree = Tree.of(["D", "A", "B"], {"A": "D", "B": "D"})
    counts = np.array([[3], [2], [1], [3]])
    assert hide([counts], tree).all()
    tree = Tree.of(["D", "E", "A", "B"], {"A": "D", "B": "D"})
    counts = np.array([[6], [30], [6], [0], [36]])
    assert not hide([counts], tree).any()
    counts = np.array([[3], [30], [3], [0], [33]])
    assert hide([counts], tree)[:, 0].tolist() == [True, True, True, False, False]


def test_hiding_does_not_depend_on_order_and_leaves_its_input_alone():
    counts, tree = random_table(3)
    before = counts.copy()
    hidden = hide([counts], tree)
    assert (counts == before).all()
    back = np.arange(len(counts) - 1)[::-1]
    where = np.append(np.argsort(back), len(counts) - 1)
    turned = Tree(np.append(np.where(tree.parent[:-1] >= 0, where[tree.parent[:-1]], -1)[back], -1))
    again = hide([counts[np.append(back, len(counts) - 1)]], turned)
    assert (again[:, -1].sum(), again.any()) == (hidden[:, -1].sum(), hidden.any())


@pytest.fixture(scope="module")
def small(city):
    """A city in which few people answered in some months, and few take part."""
    outcomes = city.frames["outcomes"]
    kinds = city.frames["places"].set_index("place_id")["kind"]
    trust = outcomes[outcomes["measure"].eq("trust") & outcomes["place_id"].map(kinds).eq("district")].copy()
    draw = np.random.default_rng(1)
    months = trust["period"] != "all"
    trust.loc[months, "n"] = draw.integers(0, 30, months.sum())
    totals = trust[months].groupby("place_id")["n"].sum()
    trust.loc[~months, "n"] = trust.loc[~months, "place_id"].map(totals)
    taking_part = trust.assign(
        measure="participation", value=draw.choice([0.02, 0.1, 0.5], len(trust)), n=100
    )
    rest = outcomes[~outcomes["measure"].isin(["trust", "participation"])]
    outcomes = pd.concat([rest, trust, taking_part], ignore_index=True)
    hidden = hidden_cells(outcomes, city.frames["places"], Text("en").measure)
    return replace(city, frames=city.frames | {"outcomes": outcomes, "hidden": hidden})


def published(city, language, measure="trust"):
    """Return n as the report of the first district has it, and which are hidden, districts by periods."""
    places = city.frames["places"]
    ids = places.loc[places["kind"] == "district", "place_id"].tolist()
    report = DistrictReport(city, ids[0], language)
    rows = report.measures.loc[measure]
    n = rows["n"].unstack("period").reindex(ids)[[*report.periods, "all"]]
    return n, rows["value"].unstack("period").reindex(ids)[n.columns], ids


@pytest.mark.parametrize("language", ["en", "zh"])
def test_measures_of_reports_withstand_subtraction(small, language):
    n, value, ids = published(small, language)
    true = small.frames["outcomes"].query("measure == 'trust'").pivot(
        index="place_id", columns="period", values="n"
    ).loc[ids, n.columns]  # fmt: skip
    hidden = n.map(is_hidden).to_numpy()
    assert set(n.to_numpy()[hidden]) == {1.0}, "a hidden n says nothing of the number"
    assert np.isnan(value.to_numpy()[hidden]).all()
    assert (n.to_numpy()[~hidden] == true.to_numpy()[~hidden]).all()
    tree, counts = Tree.of(ids, {}), np.vstack([true, true.sum()]).astype(int)
    totals = small.frames["hidden"].query("place_id == '' and measure == 'trust'")["period"]
    gone = np.vstack([hidden, n.columns.isin(totals)])
    assert gone.sum() < gone.size / 2
    assert ((counts > 0) & (counts < 5) & gone).sum() >= 3
    assert told(counts, gone, tree) == []
    only = replace(small, frames=small.frames | {"hidden": small.frames["hidden"][:0]})
    bare = np.vstack([published(only, language)[0].map(is_hidden), gone[-1:]])
    assert told(counts, bare, tree), "without complementary hiding the attack succeeds"


def test_a_share_with_few_people_behind_it_is_hidden(small):
    value = published(small, "en", "participation")[1]
    shown = value.to_numpy()[~np.isnan(value.to_numpy())]
    assert 0.02 not in shown
    assert {0.1, 0.5} & set(shown)


def test_index_data_hold_what_the_reports_hold(small):
    for language in ("en", "zh"):
        facts = Facts(small, language, [])
        assert "<5" not in districts_csv(facts)
        for measure in facts.measures:
            for district in facts.districts:
                figure = district.figures[measure]
                row = facts.report.measures.loc[(measure, "all", district.id)]
                assert (figure.status == "shown") <= (not is_hidden(row["n"]) or row["n"] != row["n"])


def breakdown(**columns):
    frames = {n: pd.DataFrame() for n in ("representation", "conversations", "opinion_sizes", "budgets",
                                          "inclusion", "mobilisation", "waiting", "pictures")}  # fmt: skip
    return frames | columns


def test_levels_of_a_breakdown_leave_room():
    people = pd.DataFrame(
        {
            "district_id": "D", "group": "age", "level": list("abcd"), "base": "people",
            "participants": [np.nan, np.nan, 9, 60], "participants_known": [np.nan, np.nan, 71, 71],
            "share_participants": [np.nan, np.nan, 9 / 71, 60 / 71], "share_residents": 0.25,
            "ratio": 1.0, "conf_low": 0.5, "conf_high": 2.0, "hidden": [True, True, False, False],
        }
    )  # fmt: skip
    found = protect_frames(breakdown(representation=people))["representation"]
    assert found["hidden"].tolist() == [True, True, True, False], "1 and 1 are what is left of 71"
    assert found.loc[2, ["participants", "share_participants", "ratio"]].isna().all()


def test_curve_of_few_matters_is_not_drawn():
    curves = pd.DataFrame({"district_id": ["D", "E"], "matters": [4, 5]})
    assert protect_frames(breakdown(waiting=curves))["waiting"]["district_id"].tolist() == ["E"]


def test_those_in_no_opinion_group_cannot_be_worked_out():
    held = pd.DataFrame({"district_id": ["D", "E"], "voters": [63, 60], "votes": [630, 600],
                         "votes_per_voter": 10.0, "placed": [60, 60], "unplaced": [3, 0]})  # fmt: skip
    found = protect_frames(breakdown(conversations=held))["conversations"]
    assert found["voters"].isna().tolist() == [True, False]
    assert found["unplaced"].isna().tolist() == [True, False]
    assert found["placed"].tolist() == [60, 60]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_tables_of_a_report_show_nothing_of_a_hidden_cell(small, language):
    ids = published(small, language)[2]
    outcomes = small.frames["outcomes"].copy()
    whole = outcomes["measure"].eq("trust") & outcomes["period"].eq("all")
    outcomes.loc[whole, "n"] = outcomes.loc[whole, "place_id"].map({ids[0]: 3, ids[1]: 47})
    outcomes.loc[whole, "value"] = outcomes.loc[whole, "place_id"].map({ids[0]: 61.7, ids[1]: 52.3})
    hidden = hidden_cells(outcomes, small.frames["places"], Text("en").measure)
    bare = replace(small, frames=small.frames | {"outcomes": outcomes, "hidden": hidden[:0]})
    safe = replace(bare, frames=bare.frames | {"hidden": hidden})
    for city, told_of in ((safe, False), (bare, True)):
        html = "".join(comparison(DistrictReport(city, d, language), ["trust"], "caption.consultation_table")
                       for d in ids)  # fmt: skip
        cells = re.findall(r">([^<>]+)</td>", html)
        assert not {"61.7", "3"} & set(cells)
        assert ({"52.3", "47"} <= set(cells)) is told_of
