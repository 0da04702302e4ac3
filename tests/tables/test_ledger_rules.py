"""Duties, listings and ledgers that contradict themselves are named, and no row is lost on the way."""

import pytest

from analysis.cli import main
from analysis.tables import check_study, open_study

PLACES = "place_id,kind,parent_id\nD1,district,\nC1,community,D1\nC2,community,D1\n"
DUTIES = "duty_id,community_id,list,department,start,end,hours_per_month\n" + "".join(
    f"d{i},C1,seal,Health,2021-01-01,,2\n" for i in range(300)
)
LISTINGS = "listing_id,community_id,side,category,opened,closed,matched_id\n" + (
    "n1,C1,need,tools,2021-01-01,2021-01-09,r1\n"
    "r1,C1,resource,tools,2021-01-02,2021-01-09,n1\n"
    "n2,C1,need,tools,2021-01-01,,\n"
)
MATTERS = "matter_id,process,community_id,amount\nm1,fund,C1,350000\n"
LEDGER = "entry_id,matter_id,side,amount,booked,published\n" + "".join(
    f"e{i},m1,income,100,2021-01-01,2021-01-31\n" for i in range(300)
)
STEPS = "matter_id,step,time\nm1,proposed,2021-01-01\n"


def check(folder, **tables):
    files = {"places": PLACES, "matters": MATTERS, "steps": STEPS} | tables
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    study = check_study(folder)
    total = study.accounting[study.accounting["rule"] == ""]
    assert (total["rows_in"] == total["kept"] + total["set_aside"]).all()
    return study


def only(study, rule):
    rows = study.problems[study.problems["rule"] == rule]
    assert rows["hint"].str.len().gt(20).all()
    return rows[["table", "column", "row", "value", "level"]].values.tolist()


def test_a_duty_without_end_is_in_force_and_no_problem(tmp_path):
    study = check(tmp_path, duties=DUTIES)
    assert not (study.problems["table"] == "duties").any()
    assert study.duties["end"].isna().all()


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ("d0,C1,seal,Health,2021-06-01,,2", "overlapping_intervals"),  # two open intervals
        ("d0,C1,seal,Police,2020-01-01,2021-01-01,9", "overlapping_intervals"),  # one day together
        ("d0,C1,seal,Health,2020-01-01,2020-12-31,2", "duplicate_key"),  # one after the other
        ("d0,C2,seal,Health,2021-06-01,,2", "duplicate_key"),  # another community
        ("d0,C1,ledger,Health,2021-06-01,,2", "duplicate_key"),  # another list
        ("d0,C1,seal,Health,2021-06-01,2021-05-01,2", "duplicate_key"),  # ends before it starts
    ],
)
def test_two_intervals_of_one_duty(tmp_path, row, rule):
    study = check(tmp_path, duties=DUTIES + row + "\n")
    assert only(study, rule) == [["duties", "duty_id", 302, "d0", "set_aside"]]
    assert len(study.duties) == 300
    assert open_study(tmp_path).duties["start"].nunique() == 1  # the first is used


def test_several_duties_of_one_department_and_list_are_several_duties(tmp_path):
    study = check(tmp_path, duties=DUTIES)  # 300 alike but for their identifiers
    assert len(study.duties) == 300


def test_an_end_before_the_start_is_set_aside(tmp_path):
    study = check(tmp_path, duties=DUTIES + "x,C1,seal,Health,2021-06-01,2021-05-01,2\n")
    assert only(study, "end_before_start") == [["duties", "end", 302, "2021-05-01", "set_aside"]]


def test_a_need_matched_to_two_resources_is_noted_and_kept(tmp_path, capsys):
    study = check(tmp_path, listings=LISTINGS + "r2,C1,resource,tools,2021-01-03,2021-01-08,n1\n")
    assert only(study, "matched_twice") == [
        ["listings", "matched_id", 3, "n1", "note"], ["listings", "matched_id", 5, "n1", "note"],
    ]  # fmt: skip
    assert len(study.listings) == 4
    assert main(["check", str(tmp_path)]) == 0
    assert "counts in one match" in capsys.readouterr().out


def test_a_resource_that_names_another_than_its_need_is_noted(tmp_path):
    rows = "n3,C1,need,tools,2021-01-01,2021-01-09,r3\nr3,C1,resource,tools,2021-01-01,2021-01-09,n2\n"
    study = check(tmp_path, listings=LISTINGS + rows)
    assert only(study, "matched_twice") == [["listings", "matched_id", 5, "r3", "note"]]


def test_a_match_on_one_side_is_noted(tmp_path):
    study = check(tmp_path, listings=LISTINGS + "n3,C1,need,tools,2021-01-03,2021-01-08,n2\n")
    assert only(study, "matched_same_side") == [["listings", "matched_id", 5, "n2", "note"]]
    assert only(study, "matched_twice") == []


def test_matches_that_agree_are_no_problem(tmp_path):
    study = check(tmp_path, listings=LISTINGS, ledger=LEDGER)
    assert set(study.problems["table"]) <= {"reforms", "interactions"}


def test_money_with_words_in_it_is_a_clear_problem(tmp_path, capsys):
    money = ["约1,000元", "350000 dollars", "500-600", "1.000,00", "inf"]
    entries = LEDGER + "".join(f"f{i},m1,income,100,2021-01-01,\n" for i in range(300))
    rows = "".join(f'x{i},m1,spending,"{text}",2021-02-01,\n' for i, text in enumerate(money))
    study = check(tmp_path, ledger=entries + rows)
    found = [["ledger", "amount", 602 + i, text, "set_aside"] for i, text in enumerate(money)]
    assert only(study, "not_readable") == found
    assert len(study.ledger) == 600
    assert main(["check", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "约1,000元" in said
    assert "a number such as 12.5" in said


def test_money_as_offices_write_it_is_read(tmp_path):
    money = {"1,000元": 1000, "350000": 350_000, "¥500": 500, "1，000": 1000, "35万": 350_000}
    rows = "".join(f'x{i},m1,spending,"{text}",2021-02-01,\n' for i, text in enumerate(money))
    study = check(tmp_path, ledger=LEDGER + rows)
    assert study.ledger["amount"].tolist()[-5:] == list(money.values())


@pytest.mark.parametrize(
    ("row", "rule", "column", "level"),
    [
        ("x,m1,spending,-5,2021-02-01,", "out_of_range", "amount", "set_aside"),
        ("x,m1,spending,,2021-02-01,", "missing_value", "amount", "set_aside"),
        ("x,m1,refund,5,2021-02-01,", "not_allowed", "side", "set_aside"),
        ("x,m9,spending,5,2021-02-01,", "unknown_matter", "matter_id", "set_aside"),
        ("x,m1,spending,5,2999-02-01,", "in_the_future", "booked", "set_aside"),
        ("e0,m1,spending,5,2021-02-01,", "duplicate_key", "entry_id", "set_aside"),
        ("x,m1,spending,5,2021-02-01,2021-01-31", "published_before_booked", "published", "note"),
    ],
)
def test_bad_entries_of_a_ledger(tmp_path, row, rule, column, level):
    study = check(tmp_path, ledger=LEDGER + row + "\n")
    ((table, found, line, _, how),) = only(study, rule)
    assert (table, found, line, how) == ("ledger", column, 302, level)
    assert len(study.ledger) == 300 + (level == "note")
