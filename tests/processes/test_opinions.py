"""Opinions: last votes, agreement, groups, what unites and divides, by hand, on made camps and on vTaiwan."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import AnalysisError
from analysis.processes.opinion_groups import adjusted_rand, opinion_groups, silhouette
from analysis.processes.opinion_statements import consensus, divisive, representativeness
from analysis.processes.opinions import (
    OPINION_MEASURES,
    agreement,
    conversations,
    last_votes,
    opinion_measures,
)
from analysis.processes.proportions import difference, ratio, shown, wilson
from analysis.tables.study import Study


def votes_of(rows):
    frame = pd.DataFrame(rows, columns=["option_id", "person_id", "vote", "time"])
    return frame.assign(time=pd.to_datetime(frame["time"]).astype("datetime64[ns]"))


def camps(sizes=(40, 20), statements=12, noise=0.1, left_out=0.3, seed=1):
    """Two camps: both agree to the first third of the statements, and differ on the others."""
    rng = np.random.default_rng(seed)
    camp = np.repeat([0, 1], sizes)
    likes = np.where(np.arange(statements) < statements // 3, 1, 1 - 2 * camp[:, None])
    vote = np.where(rng.random(likes.shape) < noise, -likes, likes)
    person, option = np.nonzero(rng.random(likes.shape) > left_out)
    frame = pd.DataFrame({"option_id": "s" + pd.Series(option).astype("str"),
                          "person_id": "p" + pd.Series(person).astype("str"),
                          "vote": vote[person, option].astype(float)})  # fmt: skip
    return frame, pd.Series(camp, index=[f"p{i}" for i in range(len(camp))])


def block(option, people, vote):
    return [(option, f"p{i}", vote, None) for i in people]


def test_the_last_vote_of_each_person_on_each_option_is_kept():
    votes = votes_of([
        ("a", "p", 1, "2021-01-02"), ("a", "p", -1, "2021-01-01"),  # the later one, though further up
        ("b", "p", 1, "2021-01-01"), ("b", "p", 0, "2021-01-01"),  # at the same time: the one further down
        ("c", "p", 1, "2021-01-01"), ("c", "p", -1, None),  # undated is earlier than any dated
        ("d", "p", 1, None), ("d", "p", -1, None),
        ("a", "q", 0, "2021-01-01"), ("z", "q", 1, "2021-01-01"),
        ("a", None, 1, None), ("a", "r", None, None),
    ])  # fmt: skip
    before = votes.copy()
    last = last_votes(votes, pd.DataFrame({"option_id": list("abcd")}))
    assert list(last[["option_id", "person_id", "vote"]].itertuples(index=False, name=None)) == [
        ("a", "p", 1), ("b", "p", 0), ("c", "p", 1), ("d", "p", -1), ("a", "q", 0),
    ]  # fmt: skip
    account = last.attrs["account"]
    assert account == {"votes": 12, "unknown_option": 1, "incomplete": 2, "replaced": 4, "kept": 5}
    assert account["votes"] == sum(list(account.values())[1:])
    pd.testing.assert_frame_equal(votes, before)
    assert len(last_votes(votes.iloc[:0])) == 0
    assert len(last_votes(votes)) == 6  # "z" counts where no options are given


def test_votes_that_are_words_or_without_columns_are_refused():
    with pytest.raises(AnalysisError, match="2 votes are no numbers") as caught:
        last_votes(
            pd.DataFrame({"option_id": list("aab"), "person_id": list("pqr"), "vote": ["1", "yes", "no"]})
        )
    assert caught.value.value == "yes"
    assert "tables.votes" in str(caught.value)
    with pytest.raises(AnalysisError, match="lack columns"):
        last_votes(pd.DataFrame({"option_id": ["a"]}))
    numbers = last_votes(pd.DataFrame({"option_id": ["a"], "person_id": ["p"], "vote": ["-1"]}))
    assert numbers["vote"].tolist() == [-1]


def test_agreement_by_hand():
    votes = votes_of(block("a", range(6), 1) + block("a", range(6, 8), 0) + block("a", [8, 9], -1)
                     + block("few", range(4), 1))  # fmt: skip
    table = agreement(votes, pd.DataFrame({"option_id": ["a", "few", "none"]})).set_index("option_id")
    # Wilson for 6 of 10: (0.6 + 1.9208/10 -+ 1.96 sqrt(0.24/10 + 0.9604/100)) / (1 + 3.8416/10)
    assert table.loc["a", ["n", "agreement", "disagreement", "passes"]].tolist() == [10, 0.6, 0.2, 0.2]
    assert table.loc["a", ["conf_low", "conf_high"]].tolist() == pytest.approx([0.3127, 0.8318], abs=1e-4)
    assert table["hidden"].tolist() == [False, True, False]
    assert table.loc["few"].drop("hidden").isna().all()
    assert table.loc["none", "n"] == 0
    assert np.isnan(table.loc["none", "agreement"])


def test_wilson_and_others_against_published_and_library_values():
    from statsmodels.stats.proportion import proportion_confint, proportions_ztest

    k, n = np.array([0, 1, 15, 81, 263, 148]), np.array([20, 29, 148, 263, 263, 148])
    low, high = wilson(k, n)
    assert (low[3], high[3]) == pytest.approx((0.2553, 0.3662), abs=1e-4)  # Newcombe (1998), 81 of 263
    reference = np.array([proportion_confint(a, b, method="wilson") for a, b in zip(k, n, strict=True)])
    np.testing.assert_allclose(np.column_stack([low, high]), reference, atol=1e-12)
    assert np.isnan(wilson([0], [0])).all()
    gap, low, high = difference(7, 34, 1, 34)  # Agresti-Caffo: 8/36 - 2/36, half 1.96 * 0.0791
    assert (gap, low, high) == pytest.approx((0.16667, 0.01164, 0.32169), abs=1e-4)
    found, low, high = ratio(9, 18, 4, 18)  # 10/20 over 5/20
    assert found == pytest.approx(2.0)
    assert np.log(high / found) == pytest.approx(1.959964 * np.sqrt(1 / 10 - 1 / 20 + 1 / 5 - 1 / 20))
    assert low * high == pytest.approx(4.0)
    votes, _ = camps()
    table = representativeness(votes, opinion_groups(votes)).set_index(["group", "option_id", "vote"])
    row = table.loc[(1, "s11", "agree")]
    k1, n1 = round(row["p_group"] * (row["n_group"] + 2)) - 1, row["n_group"]
    k2, n2 = round(row["p_rest"] * (row["n_rest"] + 2)) - 1, row["n_rest"]
    z, _ = proportions_ztest([k1 + 1, k2 + 1], [n1 + 1, n2 + 1])
    assert row["statistic"] == pytest.approx(z)


def test_small_cells_of_a_breakdown_are_hidden_with_one_that_gives_them_away():
    assert shown(np.array([40, 20, 3])).tolist() == [True, False, False]
    assert shown(np.array([40, 4, 3, 20])).tolist() == [True, False, False, True]
    assert shown(np.array([40, 0, 20])).tolist() == [True, True, True]
    assert shown(np.array([3])).tolist() == [False]


def test_conversations_count_votes_before_and_after_re_votes():
    once = [("a", f"p{i}", 1, "2021-01-01") for i in range(6)]
    later = [("a", "p0", -1, "2021-01-02"), ("b", "p0", 1, "2021-01-02"), ("c", "p1", 1, None)]
    votes = votes_of(once + later)
    options = pd.DataFrame({"option_id": list("abxc"), "matter_id": ["M", "M", "M", "N"]})
    table = conversations(votes, options).set_index("matter_id")
    assert table.loc["M"].tolist() == [3, 2, 8, 7, 6, pytest.approx(7 / 6), 1.0, pytest.approx(7 / 3), False]
    assert table.loc["N", "hidden"]
    assert table.loc["N"].drop(["options", "hidden"]).isna().all()


def test_two_camps_are_found_whatever_their_noise():
    assert opinion_groups(camps(noise=0.0)[0]).compare(camps()[1])["adjusted_rand"] == 1.0
    votes, camp = camps()
    groups = opinion_groups(votes, min_votes=5)
    assert groups.count == 2
    found = groups.compare(camp)
    assert found["adjusted_rand"] > 0.8  # a tenth of the votes are the other camp's
    assert groups.placed + groups.unplaced == 60
    assert groups.sizes["group"].tolist() == [1, 2]
    assert groups.sizes["people"].sum() == groups.placed == found["people"]
    assert groups.silhouettes.loc[groups.silhouettes["chosen"], "silhouette"].iloc[0] > 0.5
    assert 0.5 < groups.explained <= 1
    assert not any(f"p{i}" in repr(groups) for i in range(60))


def test_groups_do_not_depend_on_order_or_names_and_change_nothing():
    votes, _ = camps(noise=0.3, seed=4)
    before = votes.copy()
    plain = opinion_groups(votes, seed=3)
    pd.testing.assert_frame_equal(votes, before)
    rng = np.random.default_rng(0)
    names = dict(zip(votes["person_id"].unique(), rng.permutation(votes["person_id"].unique()), strict=True))
    renamed = votes.assign(person_id=votes["person_id"].map(names)).iloc[rng.permutation(len(votes))]
    other = opinion_groups(renamed, seed=3)
    pd.testing.assert_frame_equal(plain.sizes, other.sizes)
    here = plain.of(pd.Series(list(names)))
    there = other.of(pd.Series(list(names.values())))
    assert here.equals(there)
    votes, _ = camps()
    flipped = opinion_groups(votes.assign(vote=-votes["vote"]))
    assert flipped.compare(opinion_groups(votes)._label)["adjusted_rand"] == 1.0


def test_projection_against_a_dense_plain_one():
    from analysis.processes.opinion_groups import _places

    votes, _ = camps(left_out=0.4, seed=2)
    wide = votes.pivot(index="person_id", columns="option_id", values="vote")
    centred = wide - wide.mean()
    _, _, axes = np.linalg.svd(centred.fillna(0).to_numpy(), full_matrices=False)
    stretch = np.sqrt(wide.shape[1] / wide.notna().sum(axis=1))
    plain = (centred.fillna(0) @ axes[:2].T).mul(stretch, axis=0).to_numpy()
    person = wide.index.get_indexer(votes["person_id"])
    option = wide.columns.get_indexer(votes["option_id"])
    places, _ = _places(person, option, votes["vote"].to_numpy(), len(wide))
    np.testing.assert_allclose(np.abs(places), np.abs(plain), atol=1e-9)


def test_silhouette_and_rand_by_hand():
    # points 0, 1 | 5: widths 1 - 1/5, 1 - 1/4, and 0 for a group of one
    points = np.array([[0.0], [1.0], [5.0]])
    assert silhouette(points, np.array([0, 0, 1])) == pytest.approx((0.8 + 0.75 + 0) / 3)
    # Hubert and Arabie: 6 members, pairs together in both 2, expected 6 * 7 / 15
    one, other = pd.Series([0, 0, 0, 1, 1, 1]), pd.Series([0, 0, 1, 1, 2, 2])
    assert adjusted_rand(one, other) == pytest.approx((2 - 6 * 3 / 15) / ((6 + 3) / 2 - 6 * 3 / 15))
    assert adjusted_rand(one, one + 5) == 1.0
    assert np.isnan(adjusted_rand(one[:1], one[:1]))


def test_too_little_to_group_says_why():
    one = votes_of([(f"s{i}", "p", 1, None) for i in range(9)])
    alike = votes_of([(f"s{i}", f"p{j}", 1, None) for i in range(9) for j in range(9)])
    assert opinion_groups(one).reason == "fewer than two people with enough votes"
    assert opinion_groups(one.iloc[:0]).reason == "fewer than two people with enough votes"
    assert opinion_groups(alike).reason == "all votes are alike"
    two = votes_of([(f"s{i}", f"p{j}", 1 - 2 * j, None) for i in range(9) for j in range(2)])
    assert opinion_groups(two).reason == "too few different ways of voting"
    for votes in (one, alike, two):
        groups = opinion_groups(votes)
        assert groups.count == 0
        assert groups.placed + groups.unplaced == votes["person_id"].nunique()
        table = consensus(votes, groups)
        assert table["consensus"].isna().all()
        assert set(table["reason"]) == {"no groups"}
        assert divisive(votes, groups)["division"].isna().all()
        assert len(representativeness(votes, groups)) == 0
        assert groups.compare(pd.Series([1], index=["p"]))["people"] == 0
    with pytest.raises(AnalysisError, match="cannot be grouped") as caught:
        opinion_groups(alike, groups=1)
    assert "groups=" in caught.value.where
    with pytest.raises(AnalysisError, match="cannot be grouped"):
        opinion_groups(alike, min_votes=0)
    several = pd.DataFrame({"option_id": ["s1", "s2"], "matter_id": ["M", "N"]})
    with pytest.raises(AnalysisError, match="of one conversation"):
        opinion_groups(alike, several)


def test_few_votes_and_statements_not_admitted():
    votes, _ = camps(left_out=0.0)
    few = votes[(votes["person_id"] != "p0") | (votes["option_id"].isin(["s4", "s5"]))]
    groups = opinion_groups(few)
    assert groups.unplaced == 1
    assert groups.of(pd.Series(["p0", "p1", "stranger"])).isna().tolist() == [True, False, True]
    options = pd.DataFrame(
        {"option_id": [f"s{i}" for i in range(12)], "admitted": pd.array([True] * 4 + [False] * 8)}
    )
    options["admitted"] = options["admitted"].astype("boolean")
    # only what unites is left: the camps cannot be seen any more
    assert abs(opinion_groups(votes, options, groups=2).compare(camps()[1])["adjusted_rand"]) < 0.2


def test_small_groups_are_hidden():
    votes, _ = camps(sizes=(40, 3), noise=0.0)
    groups = opinion_groups(votes, min_votes=5, groups=2)
    assert groups.sizes["hidden"].tolist() == [True, True]  # the other would give it away
    assert groups.sizes[["people", "share"]].isna().all(axis=None)
    table = consensus(votes, groups)
    assert table["consensus"].isna().all()
    assert set(table["reason"]) == {"fewer than 5 voters in a group"}
    assert table["hidden"].all()
    found = representativeness(votes, groups)
    assert found["hidden"].all()
    assert found[["n_group", "n_rest", "p_group", "statistic"]].isna().all(axis=None)
    assert not found["representative"].any()


def test_what_unites_and_what_divides_by_hand():
    rows = []
    for i in range(10):  # camp one: s0-s6 yes; camp two: s0 yes, the rest no, of whom 2 of 8 pass on s1
        rows += [(f"s{j}", f"a{i}", 1, None) for j in range(7)]
    for i in range(8):
        rows += [("s0", f"b{i}", 1, None), ("s1", f"b{i}", 0 if i < 2 else -1, None)]
        rows += [(f"s{j}", f"b{i}", -1, None) for j in range(2, 7)]
    votes = votes_of(rows)
    groups = opinion_groups(votes, groups=2)
    assert groups.sizes["people"].tolist() == [10, 8]
    options = pd.DataFrame({"option_id": [f"s{i}" for i in range(8)]})
    united = consensus(votes, groups, options)
    assert united["option_id"].iloc[0] == "s0"
    table = united.set_index("option_id")
    assert table.at["s0", "consensus"] == pytest.approx(11 / 12 * 9 / 10)
    assert table.at["s1", "consensus"] == pytest.approx(11 / 12 * 1 / 10)
    assert table.at["s1", "disagreement"] == pytest.approx(1 / 12 * 7 / 10)
    assert table.loc["s7", ["n", "reason"]].tolist() == [0, "no votes"]
    divided = divisive(votes, groups, options).set_index("option_id")
    assert divided.at["s1", "division"] == pytest.approx(11 / 12 - 1 / 10)
    assert divided.loc["s1", ["highest", "lowest"]].tolist() == [1, 2]
    assert divided.at["s0", "division"] == pytest.approx(11 / 12 - 9 / 10)
    assert divided.index[-1] == "s7"
    stands = representativeness(votes, groups, options).set_index(["group", "option_id", "vote"])
    row = stands.loc[(2, "s1", "disagree")]
    assert row[["n_group", "n_rest"]].tolist() == [8, 10]
    assert row["representativeness"] == pytest.approx((7 / 10) / (1 / 12))
    p1, p2, pooled = 7 / 9, 1 / 11, 8 / 20
    assert row["statistic"] == pytest.approx((p1 - p2) / np.sqrt(pooled * (1 - pooled) * (1 / 9 + 1 / 11)))
    assert row["representative"]
    assert not stands.loc[(2, "s0", "agree"), "representative"]  # what both say stands for neither
    assert stands.loc[(1, "s7", "agree"), ["p_group", "statistic"]].isna().all()


@pytest.fixture
def study(make_study):
    options = pd.DataFrame([("a", "M", "statement"), ("b", "M", "statement"), ("c", "N", "statement"),
                            ("x", "M", "project")], columns=["option_id", "matter_id", "kind"])  # fmt: skip
    votes = votes_of([
        ("a", "p", 1, "2021-01-05"), ("a", "p", -1, "2021-02-05"), ("b", "p", 1, "2021-01-05"),
        ("a", "q", 1, "2021-01-06"), ("c", "q", 1, None), ("c", "r", 0, "2021-02-01"),
        ("a", "s", 1, "2022-01-01"), ("x", "t", 1, "2021-01-05"),
    ])  # fmt: skip
    return make_study([("M", "A"), ("N", "B")], [("N", "raised", "2021-03-03")], options=options, votes=votes)


def test_measures_by_hand(study, value_of):
    table = opinion_measures(study)
    assert set(table["measure"]) == set(OPINION_MEASURES)
    assert list(table.columns) == ["place_id", "period", "measure", "value", "n", "std_error"]
    assert value_of(table, "A", "2021-01", "opinion_voters")[:2] == (2, 2)  # p and q
    assert value_of(table, "A", "2021-02", "opinion_voters")[:2] == (1, 1)
    assert value_of(table, "A", "all", "opinion_voters")[:2] == (2, 2)  # s voted after the window
    assert value_of(table, "B", "2021-03", "opinion_voters")[:2] == (1, 1)  # undated: its matter's first step
    assert value_of(table, "D1", "all", "opinion_voters")[:2] == (3, 3)  # q counts once
    assert value_of(table, "A", "all", "opinion_participation")[:2] == (0.02, 100)
    assert value_of(table, "D1", "all", "opinion_participation")[:2] == (3 / 400, 400)
    assert value_of(table, "C", "all", "opinion_voters")[:2] == (0, 0)
    value, n, error = value_of(table, "A", "all", "opinion_agreement")
    assert (value, n) == (2 / 3, 2)  # the last votes: p against a, p for b, q for a
    # residuals summed by person: p -2/3 + 1/3, q 1/3; sqrt((1/9 + 1/9) * 2/1) / 3
    assert error == pytest.approx(np.sqrt(4 / 9) / 3)
    assert value_of(table, "A", "2021-01", "opinion_agreement")[0] == 1  # p's vote of January was replaced


def test_measures_without_votes_or_population(study, make_study):
    assert len(opinion_measures(make_study([("M", "A")]))) == 0
    places = study.places.assign(population=pd.NA)
    blank = Study.from_frames(dict(study.frames, places=places), window=study.window)
    table = opinion_measures(blank)
    assert table.loc[table["measure"] == "opinion_participation", "value"].isna().all()
    assert table.loc[table["measure"] == "opinion_voters", "value"].sum() > 0


def test_measures_do_not_depend_on_order(study):
    frames = dict(study.frames)
    for table in ("votes", "options", "matters"):
        frames[table] = frames[table].iloc[::-1].reset_index(drop=True)
    other = Study.from_frames(frames, window=study.window)
    pd.testing.assert_frame_equal(opinion_measures(study), opinion_measures(other))


@pytest.fixture(scope="module")
def vtaiwan(datasets, tmp_path_factory):
    from analysis.tables.sources.polis import import_polis, read_groups

    source = datasets / "polis_vtaiwan_uberx"
    out = tmp_path_factory.mktemp("vtaiwan") / "study"
    import_polis(source, out)
    options = pd.read_csv(out / "options.csv")
    options["admitted"] = options["admitted"].astype("boolean")
    return pd.read_csv(out / "votes.csv", parse_dates=["time"]), options, read_groups(source)


def test_vtaiwan_votes_after_re_votes_as_published(vtaiwan):
    votes, options, _ = vtaiwan
    last = last_votes(votes, options)
    assert last.attrs["account"] == {
        "votes": 49_997, "unknown_option": 0, "incomplete": 0, "replaced": 554, "kept": 49_443,
    }  # fmt: skip
    assert ((last["vote"] > 0).sum(), (last["vote"] < 0).sum()) == (31_029, 11_894)
    table = conversations(votes, options).iloc[0]
    assert table[["options", "votes_cast", "votes", "voters"]].tolist() == [197, 49_997, 49_443, 1_921]


def test_vtaiwan_groups_against_those_of_the_export(vtaiwan):
    """The export has groups of 889 and 330, made as votes came in; ours are made afresh from all votes."""
    votes, options, theirs = vtaiwan
    groups = opinion_groups(votes, options)
    assert theirs.value_counts().tolist() == [889, 330]
    assert groups.count == 2  # as in the export
    assert groups.placed == 1_218  # with 7 votes or more; the export holds one person with fewer
    assert groups.unplaced == 703
    found = groups.compare(theirs)
    assert found["people"] == 1_218
    assert 0.70 < found["adjusted_rand"] < 0.80  # 0.749: our second group has 408 people, theirs 330
    united = consensus(votes, groups, options)
    assert united["consensus"].iloc[0] == pytest.approx(0.859, abs=0.01)
    assert divisive(votes, groups, options)["conf_low"].iloc[0] > 0.6
    assert 90 < united["consensus"].notna().sum() <= 99  # the accepted ones; hardly anyone saw the others
    assert (united["reason"] == "fewer than 5 voters in a group").sum() == united["hidden"].sum()
