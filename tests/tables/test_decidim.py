"""The Decidim import: every row accounted for, on a hand-made export and on the Barcelona one of 2016."""

import gzip
import re
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from analysis.errors import StudyError
from analysis.tables.check import open_study
from analysis.tables.sources.decidim import import_decidim

BARCELONA = Path(__file__).parents[2] / "../shared/datasets/decidim_barcelona_2016"

PROPOSALS = """\
proposal_id,created_date,author_id,author_kind,source,scope,district,category,subcategory,status,supports
1,2016-01-22,1,city_council,official,district,Gràcia,Bon viure,Cultura,accepted,17
2,2016-01-23,7,user,citizen,district,Sarrià - Sant Gervasi,Bon viure,Esports,rejected,2
3,2016-02-01,20,organization,organization,city,,Bon viure,Cultura,accepted,5
4,2016-02-02,,,meeting,district,Gràcia,Bon govern,Govern,accepted,0
5,not a date,8,user,citizen,city,Gràcia,Bon govern,Govern,accepted,0
6,2016-02-03,8,user,citizen,district,,Bon viure,Cultura,withdrawn,0
6,2016-02-03,8,user,citizen,district,,Bon viure,Cultura,withdrawn,0
7,2016-02-03,8,user,citizen,district,Gràcia,,Cultura,accepted,0
"""
COMMENTS = """\
comment_id,created_at,author_id,proposal_id,parent_comment_id,likes
1,2016-02-10T10:00:00,7,1,,3
2,2016-02-10T11:00:00,9,1,1,0
3,2016-02-10T12:00:00,9,1,2,0
4,2016-02-11T09:00:00,20,3,,1
5,2016-02-11T10:00:00,1,1,2,0
6,2016-02-11T11:00:00,9,1,5,0
7,2016-02-12T10:00:00,9,4,404,0
8,2016-02-12T11:00:00,9,99,1,0
9,12 Feb 2016,9,1,,0
10,2016-02-12T12:00:00,,1,,0
11,2016-05-01T08:00:00,11,2,,0
12,2016-05-02T08:00:00,11,4,,0
13,2016-05-03T08:00:00,11,7,,0
"""


def write_export(folder, proposals=PROPOSALS, comments=COMMENTS, packed=False):
    folder.mkdir(parents=True, exist_ok=True)
    for table, text in (("proposals", proposals), ("comments", comments)):
        if text is not None and packed:
            (folder / f"{table}.csv.gz").write_bytes(gzip.compress(text.encode()))
        elif text is not None:
            (folder / f"{table}.csv").write_text(text, encoding="utf-8")
    return folder


def read_study(folder):
    names = ("places", "people", "organisations", "interactions.csv.gz", "matters", "steps")
    paths = [folder / (name if "." in name else f"{name}.csv") for name in names]
    return {path.name.split(".")[0]: pd.read_csv(path, dtype="str") for path in paths}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    base = tmp_path_factory.mktemp("small")
    account = import_decidim(write_export(base / "export"), base / "study")
    return account.set_index("what"), read_study(base / "study"), base


def test_small_export_accounts_for_every_row_by_hand(small):
    account, frames, _ = small
    rows = account[["rows_in", "rows_out"]].apply(tuple, axis=1).to_dict()
    assert rows == {
        "proposals": (8, 6),  # one repeats an identifier, one has no category
        "proposals without a district": (2, 2),  # 3 and 6
        "steps: raised": (6, 5),  # 5 has no readable date
        "steps: decided": (5, 0),  # 6 is undecided
        "comments": (13, 8),  # not 5 (council), 8 and 13 (no proposal), 9 (time), 10 (author)
        "comments without a district": (1, 1),  # 4
        "replies": (6, 2),  # 2 and 3; 5 and 8 fell as comments, 6 answers the council, 7 nobody
        "people": (6, 5),  # 7, 8, 9, 11 and 20, which is an organisation as well; not 1
        "organisations": (2, 2),
        "places": (9, 9),  # a city, 2 districts, 2 categories in each and in the city
        "columns of proposals": (11, 10),
        "columns of comments": (6, 5),
    }
    assert "1 with an identifier used before, 1 without a category" in account.at["proposals", "note"]
    assert "no author for 1," in account.at["steps: raised", "note"]
    assert account.at["comments", "note"].endswith(
        "set aside: 1 without an author, 1 without a readable created_at, 2 on a proposal that is not in the "
        "study, 1 written by the council, which is no person"
    )
    assert account.at["replies", "note"].endswith(
        "1 (50.0%) answer a comment of their own and are set aside by gongzhi check; set aside: 2 set aside "
        "as comments, 1 that answer a comment missing from the export, 1 that answer the council, which is "
        "no person"
    )
    assert "supports" in account.at["columns of proposals", "note"]
    assert len(frames["interactions"]) == 8 + 2


def test_every_loss_in_the_account_has_its_reason(small):
    account = small[0]
    lost = account[account["rows_in"] != account["rows_out"]]
    assert lost["note"].str.contains("set aside: ").all()
    for what in ("proposals", "comments", "replies", "steps: raised"):
        reasons = account.at[what, "note"].rpartition("set aside: ")[2]
        counts = [int(n) for n in re.findall(r"(?:^|, )(\d+) ", reasons)]
        assert sum(counts) == account.at[what, "rows_in"] - account.at[what, "rows_out"]


def test_small_matters_and_steps(small):
    frames = small[1]
    matters = frames["matters"].set_index("matter_id")
    assert matters["outcome"].fillna("").tolist() == ["adopted", "rejected", *["adopted"] * 3, ""]
    assert matters["origin"].tolist() == ["official", "citizen", "organisation", "meeting", *["citizen"] * 2]
    assert matters["level"].tolist() == ["district", "district", "city", "district", "city", "district"]
    assert matters.at["proposal-3", "community_id"] == "barcelona_bon-viure"
    assert matters.at["proposal-5", "community_id"] == "gracia_bon-govern"
    steps = frames["steps"]
    assert set(steps["step"]) == {"raised"}
    assert dict(zip(steps["matter_id"], steps["actor_id"].fillna(""), strict=True)) == {
        "proposal-1": "council-1", "proposal-2": "person-7", "proposal-3": "organisation-20",
        "proposal-4": "", "proposal-6": "person-8",
    }  # fmt: skip


def test_small_acts_link_person_and_proposal_or_two_people(small):
    acts = small[1]["interactions"]
    assert (acts["target_id"].isna() != acts["gathering_id"].isna()).all()
    ties = acts.dropna(subset="target_id")
    assert list(zip(ties["source_id"], ties["target_id"], ties["time"], strict=True)) == [
        ("person-9", "person-7", "2016-02-10T11:00:00"),
        ("person-9", "person-9", "2016-02-10T12:00:00"),
    ]
    assert set(acts["gathering_id"].dropna()) <= set(small[1]["matters"]["matter_id"])


def test_small_people_live_where_they_wrote_most_and_on_a_tie_where_they_wrote_first(small):
    home = small[1]["people"].set_index("person_id")["community_id"].to_dict()
    assert home == {
        "person-7": "sarria-sant-gervasi_bon-viure",  # proposal 23 Jan, comment elsewhere 10 Feb: the first
        "person-8": "barcelona_bon-viure",  # two proposals, of which one without a date
        "person-9": "gracia_bon-viure",
        "person-11": "sarria-sant-gervasi_bon-viure",
        "person-20": "barcelona_bon-viure",
    }


def test_small_places_keep_names_and_hang_in_one_tree(small):
    places = small[1]["places"].set_index("place_id")
    assert places["name"].tolist()[:3] == ["Barcelona", "Gràcia", "Sarrià - Sant Gervasi"]
    communities = places[places["kind"] == "community"]
    assert Counter(communities["parent_id"]) == {"barcelona": 2, "gracia": 2, "sarria-sant-gervasi": 2}
    assert small[1]["organisations"].to_dict("records")[0] == {
        "org_id": "council-1", "kind": "department", "name": "Barcelona city council",
    }  # fmt: skip


def test_small_study_opens_and_knows_what_it_lacks(small, tmp_path, monkeypatch):
    (tmp_path / "key").write_text("k" * 64)
    monkeypatch.setenv("GONGZHI_KEY_FILE", str(tmp_path / "key"))
    study = open_study(small[2] / "study")
    assert study.periods == ["2016-01", "2016-02", "2016-03", "2016-04", "2016-05"]
    assert study.districts == ["gracia", "sarria-sant-gervasi"]
    assert not any(study.has(table) for table in ("reforms", "duties", "outcomes", "listings"))
    aside = study.accounting.query("rule != ''")[["table", "rule", "set_aside"]].to_numpy().tolist()
    assert aside == [["interactions", "self_loop", 1]]
    assert (small[2] / "study" / "datapackage.json").is_file()


def test_packed_and_plain_files_give_the_same_bytes(tmp_path):
    for name, packed in (("plain", False), ("packed", True)):
        import_decidim(write_export(tmp_path / name, packed=packed), tmp_path / f"{name}-study")
    files = sorted(path.name for path in (tmp_path / "plain-study").iterdir())
    assert len(files) == 8
    for name in files:
        left, right = (tmp_path / f"{kind}-study" / name for kind in ("plain", "packed"))
        assert left.read_bytes() == right.read_bytes()


def test_row_order_does_not_matter(small, tmp_path):
    def shuffled(text):
        header, *rows = text.splitlines()
        return "\n".join([header, *rows[::-1]]) + "\n"

    account = import_decidim(
        write_export(tmp_path / "e", shuffled(PROPOSALS), shuffled(COMMENTS)), tmp_path / "s"
    )
    assert account["rows_out"].tolist() == small[0]["rows_out"].tolist()
    for table, frame in read_study(tmp_path / "s").items():
        pd.testing.assert_frame_equal(
            frame.sort_values(list(frame)).reset_index(drop=True),
            small[1][table].sort_values(list(frame)).reset_index(drop=True),
        )


def test_districts_that_differ_in_accents_only_stay_apart(tmp_path):
    proposals = PROPOSALS.replace("Sarrià - Sant Gervasi", "Gracia").replace("6,2016", "9,2016", 1)
    import_decidim(write_export(tmp_path / "e", proposals), tmp_path / "s")
    places = read_study(tmp_path / "s")["places"]
    districts = places[places["kind"] == "district"]
    assert dict(zip(districts["name"], districts["place_id"], strict=True)) == {
        "Gracia": "gracia", "Gràcia": "gracia-2",
    }  # fmt: skip


HEADER = PROPOSALS.splitlines()[0]


@pytest.mark.parametrize(
    ("proposals", "comments", "words"),
    [
        (None, COMMENTS, ["no file of proposals", "proposals.csv.gz or proposals.csv"]),
        (PROPOSALS, None, ["no file of comments"]),
        ("", COMMENTS, ["proposals is empty", "Export the table again"]),
        (HEADER + "\n", COMMENTS, ["proposals is empty"]),
        (PROPOSALS.replace("district,category", "barri,category"), COMMENTS, ["lacks district", "barri"]),
        (PROPOSALS, COMMENTS.replace("created_at", "date"), ["lacks created_at", "comments.csv, header"]),
        (PROPOSALS.replace("2,2016-01-23", '2,"2016-01-23'), COMMENTS, ["cannot be read"]),
        ("\n".join(line + ",x" for line in PROPOSALS.splitlines()).replace("supports,x", "supports"),
         COMMENTS, ["more fields than the header"]),
        (PROPOSALS, COMMENTS.replace("2016-0", "16-0"), ["None of the comments", "readable created_at"]),
        (PROPOSALS.replace("Bon viure", "").replace("Bon govern", ""), COMMENTS, ["None of the proposals"]),
    ],
)  # fmt: skip
def test_bad_exports_say_what_to_mend_and_write_nothing(tmp_path, proposals, comments, words):
    source = write_export(tmp_path / "export", proposals, comments)
    with pytest.raises(StudyError) as caught:
        import_decidim(source, tmp_path / "study")
    message = str(caught.value)
    assert all(word in message for word in words), message
    assert "expected:" in message
    assert "mend:" in message
    assert not (tmp_path / "study").exists()


def test_an_export_in_another_encoding_or_cut_off_is_named(tmp_path):
    source = write_export(tmp_path / "export")
    (source / "proposals.csv").write_text(PROPOSALS, encoding="latin-1")
    with pytest.raises(StudyError, match="cannot be read"):
        import_decidim(source, tmp_path / "study")
    (source / "proposals.csv").unlink()
    whole = gzip.compress(PROPOSALS.encode())
    (source / "proposals.csv.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StudyError, match="cannot be read"):
        import_decidim(source, tmp_path / "study")


def test_no_file_is_overwritten(tmp_path):
    source = write_export(tmp_path / "export")
    with pytest.raises(StudyError, match="holds something already"):
        import_decidim(source, source)
    with pytest.raises(StudyError, match="holds something already"):
        import_decidim(source, source / "comments.csv")
    assert (source / "comments.csv").read_text(encoding="utf-8") == COMMENTS
    with pytest.raises(StudyError, match="cannot be written"):
        import_decidim(source, source / "comments.csv" / "study")


@pytest.fixture(scope="module")
def barcelona(tmp_path_factory):
    if not BARCELONA.is_dir():
        pytest.skip("the Barcelona export of 2016 is not on this machine (not redistributable)")
    base = tmp_path_factory.mktemp("barcelona")
    account = import_decidim(BARCELONA, base / "study").set_index("what")
    (base / "key").write_text("k" * 64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GONGZHI_KEY_FILE", str(base / "key"))
        return account, read_study(base / "study"), open_study(base / "study")


@pytest.fixture(scope="module")
def raw():
    return {
        name: pd.read_csv(BARCELONA / f"{name}.csv.gz", dtype="str") for name in ("proposals", "comments")
    }


def test_barcelona_accounts_for_every_row(barcelona):
    rows = barcelona[0][["rows_in", "rows_out"]].apply(tuple, axis=1).to_dict()
    assert rows == {
        "proposals": (10_860, 10_860),
        "proposals without a district": (4_443, 4_443),
        "steps: raised": (10_860, 10_860),
        "steps: decided": (10_860, 0),
        "comments": (18_192, 18_192),
        "comments without a district": (9_027, 9_027),
        "replies": (1_975, 1_974),
        "people": (3_791, 3_639),
        "organisations": (177, 177),
        "places": (66, 66),
        "columns of proposals": (16, 10),
        "columns of comments": (9, 5),
    }
    assert "8,142 adopted, 2,718 rejected" in barcelona[0].at["proposals", "note"]
    assert "150 (7.6%)" in barcelona[0].at["replies", "note"]


def test_barcelona_acceptance_by_source_as_published(barcelona):
    """Aragon, TICTeC 2017: highest for the council, then organisations and meetings, then citizens.

    The shares are those counted in this copy of the export; one decimal is all that is stated.
    """
    matters = barcelona[2].matters
    adopted = (matters["outcome"] == "adopted").groupby(matters["origin"]).agg(["mean", "size"])
    assert (adopted["mean"] * 100).round(1).to_dict() == {
        "official": 95.7, "organisation": 76.7, "meeting": 75.8, "citizen": 65.2,
    }  # fmt: skip
    assert adopted["size"].to_dict() == {
        "official": 1_300, "organisation": 1_617, "meeting": 4_498, "citizen": 3_445,
    }  # fmt: skip


def test_barcelona_ties_before_and_after_self_replies(barcelona):
    written = barcelona[1]["interactions"].dropna(subset="target_id")
    assert len(written) == 1_974
    study = barcelona[2]
    ties = study.interactions.dropna(subset="target_id")
    assert len(ties) == 1_974 - 150
    assert len(ties[["source_id", "target_id"]].drop_duplicates()) == 1_398
    aside = study.accounting.query("rule != ''")[["table", "rule", "set_aside"]].to_numpy().tolist()
    assert aside == [["interactions", "self_loop", 150]]


def test_barcelona_places_and_what_has_no_district(barcelona, raw):
    study = barcelona[2]
    places = study.tree.table
    names = places.loc[study.districts, "name"]
    assert set(names) == set(raw["proposals"]["district"].dropna())
    assert len(names) == 10
    assert len(study.tree.communities) == 55
    district = study.interactions["community_id"].map(places["district_id"])
    comments = study.interactions["gathering_id"].notna()
    assert (comments & district.isna()).sum() == 9_027
    assert study.matters["community_id"].map(places["district_id"]).isna().sum() == 4_443
    by_district = study.matters["community_id"].map(places["district_id"]).map(places["name"]).value_counts()
    assert by_district.to_dict() == raw["proposals"]["district"].value_counts().to_dict()


def test_barcelona_keeps_every_time_as_it_was_and_invents_none(barcelona, raw):
    written = barcelona[1]
    comments = written["interactions"].dropna(subset="gathering_id")
    assert Counter(comments["time"]) == Counter(raw["comments"]["created_at"])
    assert set(written["steps"]["step"]) == {"raised"}
    assert Counter(written["steps"]["time"].str[:10]) == Counter(raw["proposals"]["created_date"])
    assert barcelona[2].periods[0] == "2016-01"
    assert barcelona[2].periods[-1] == "2016-09"


def test_barcelona_people_against_a_plain_loop(barcelona, raw):
    place = {}
    for row in raw["proposals"].itertuples():
        place[row.proposal_id] = (row.district, row.category)
    written = {}
    users = raw["proposals"][raw["proposals"]["author_kind"].isin(["user", "moderator"])]
    for row in users.itertuples():
        written.setdefault(row.author_id, []).append((row.created_date + "T00:00:00", place[row.proposal_id]))
    for row in raw["comments"].itertuples():
        written.setdefault(row.author_id, []).append((row.created_at, place[row.proposal_id]))
    names = barcelona[1]["places"].set_index("place_id")["name"]
    parents = barcelona[1]["places"].set_index("place_id")["parent_id"]
    assert len(barcelona[1]["people"]) == len(written) == 3_639
    for person, community in barcelona[1]["people"].itertuples(index=False):
        acts = written[person.removeprefix("person-")]
        counts = Counter(community for _, community in acts)
        first = {found: min(time for time, where in acts if where == found) for found in counts}
        best = {found for found in counts if counts[found] == max(counts.values())}
        best = {found for found in best if first[found] == min(first[b] for b in best)}
        district = names[parents[community]]
        assert (None if district == "Barcelona" else district, names[community]) in {
            (None if pd.isna(d) else d, c) for d, c in best
        }
