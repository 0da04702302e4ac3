"""What became of every row stands in the manifest of a run."""

from analysis.reporting.running.stage import rows_by_table
from analysis.tables import check_study


def test_rows_are_counted_by_table_and_rule(tmp_path):
    (tmp_path / "places.csv").write_text("place_id,kind,parent_id\nD1,district,\nC1,community,D1\n")
    rows = "p1,C1\np2,C9\np3,\np4,C9\n,\n"
    (tmp_path / "people.csv").write_text("person_id,community_id\n" + rows)
    found = rows_by_table(check_study(tmp_path).accounting)
    assert found == {
        "places": {"read": 2, "kept": 2, "set_aside": {}},
        "people": {
            "read": 5, "kept": 1, "set_aside": {"unknown_place": 2, "missing_value": 1, "blank_row": 1},
        },
    }  # fmt: skip
    for counts in found.values():
        assert counts["read"] == counts["kept"] + sum(counts["set_aside"].values())
