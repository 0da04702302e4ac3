"""Whatever a table holds, in whatever format: rows in the source = rows kept + rows set aside, each named."""

import csv
import io
import json

import duckdb
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from analysis.intake.aside import set_aside_rows
from analysis.tables.check import run_check
from analysis.tables.config import TableConfig
from analysis.tables.read import read_raw

NAMES = ["time", "community_id", "kind", "source_id", "target_id", "hours", "note"]
GOOD = ["2021-03-01 10:00", "C1", "help", "p1", "p2", "1.5", "x"]
ODD = [
    "",
    " ",
    "\u3000",
    "NA",
    "soon",
    "２０２１年３月１日",
    "C9",
    "Ｃ１",
    "互助",
    "-1",
    "1,200",
    "inf",
    "1e400",
    "=1+1",
    "\ufeff",
    "9" * 40,
    "2021-02-30",
    "1E+17",
    '"',
    "a,b",
    "a\nb",
    "a;b\tc|d",
    "'",
    "#N/A",
    "\\",
    "0001-01-01",
    "24:00",
]
PLAIN = st.text(st.characters(blacklist_categories=("Cs", "Cc"), max_codepoint=0xFFEF), max_size=8)
CELL = st.one_of(st.sampled_from(ODD), PLAIN)
ROW = st.lists(CELL, min_size=7, max_size=7)
MIXED = st.tuples(ROW, st.lists(st.booleans(), min_size=7, max_size=7)).map(
    lambda pair: [odd if take else good for odd, take, good in zip(*pair, GOOD, strict=True)]
)
TABLE = st.lists(st.one_of(MIXED, st.just([""] * 7), st.just(GOOD)), min_size=1, max_size=12)
RAGGED = st.lists(st.one_of(MIXED, st.lists(CELL, max_size=9)), min_size=1, max_size=12)
QUICK = settings(
    max_examples=30, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
WHOLE = settings(QUICK, max_examples=6)


def read(folder, file, **keys):
    """Read a table; every row is in the frame or apart, none twice."""
    raw = read_raw("interactions", TableConfig(folder / file, **keys))
    rows = [*raw.frame.index, *(row for apart in raw.apart.values() for row in apart)]
    assert len(rows) == len(set(rows)) == raw.rows_in
    return raw.rows_in


def account(folder, file, more=""):
    """Check a study with this log; every row is accounted for, and every row set aside is in the file."""
    (folder / "places.csv").write_text("place_id,kind,parent_id\nD1,district,\nC1,community,D1\n")
    toml = f'[study]\nmax_set_aside = 1\n[tables.interactions]\npath = "{file}"\n{more}\n'
    (folder / "study.toml").write_text(toml)
    check = run_check(folder)
    study = check.study()
    assert "unreadable" not in set(study.problems["rule"]), study.problems["value"].tolist()
    rows = study.accounting[study.accounting["table"] == "interactions"]
    total, rules = rows.iloc[0], rows.iloc[1:]
    assert total["rows_in"] == total["kept"] + total["set_aside"]
    assert total["kept"] == len(study.interactions)
    assert total["set_aside"] == rules["set_aside"].sum()
    aside = set_aside_rows(check).query("table == 'interactions'")
    assert len(aside) == total["set_aside"] == aside["row"].nunique()
    named = study.problems.query("table == 'interactions' and level == 'set_aside'")["row"]
    assert set(aside["row"]) == set(named)
    return int(total["rows_in"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@QUICK
@given(rows=RAGGED)
def test_text(tmp_path, encoding, rows):
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([NAMES, *rows])
    (tmp_path / "log.csv").write_bytes(text.getvalue().encode(encoding, errors="replace"))
    assert read(tmp_path, "log.csv", encoding=encoding, separator=",") == len(rows)


@QUICK
@given(rows=TABLE, title=st.sampled_from([0, 2]))
def test_excel(tmp_path, rows, title):
    book = openpyxl.Workbook()
    for _ in range(title):
        book.active.append(["互助记录表"])
    book.active.append(NAMES)
    for row in rows:
        book.active.append([cell or None for cell in row])
        for cell in book.active[book.active.max_row]:
            cell.data_type = "s" if cell.data_type == "f" else cell.data_type
    book.save(tmp_path / "log.xlsx")
    last = max((n for n, row in enumerate(rows, start=1) if any(row)), default=0)
    assert read(tmp_path, "log.xlsx") == last


@QUICK
@given(rows=TABLE, broken=st.lists(st.sampled_from(["{", "[1]", "no", '{"a": }', "3", "null"]), max_size=3))
def test_json_lines(tmp_path, rows, broken):
    lines = [json.dumps(dict(zip(NAMES, row, strict=True)), ensure_ascii=False) for row in rows]
    lines = [json.dumps(dict.fromkeys(NAMES, 1)), *lines, *broken]
    (tmp_path / "log.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert read(tmp_path, "log.jsonl") == len(lines)


@WHOLE
@given(rows=TABLE)
def test_parquet_and_duckdb(tmp_path, rows):
    columns = {name: [row[n] for row in rows] for n, name in enumerate(NAMES)}
    pq.write_table(pa.table(columns), tmp_path / "log.parquet")
    assert read(tmp_path, "log.parquet") == len(rows)
    (tmp_path / "log.duckdb").unlink(missing_ok=True)
    frame = pd.DataFrame(columns)  # noqa: F841  # DuckDB reads it by its name
    with duckdb.connect(str(tmp_path / "log.duckdb")) as connection:
        connection.execute("CREATE TABLE acts AS SELECT * FROM frame")
    assert read(tmp_path, "log.duckdb", table="acts") == len(rows)


@WHOLE
@given(rows=RAGGED)
def test_every_row_set_aside_is_named(tmp_path, rows):
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([NAMES, *rows])
    (tmp_path / "log.csv").write_text(text.getvalue(), encoding="utf-8")
    assert account(tmp_path, "log.csv", 'encoding = "utf-8"\nseparator = ","') == len(rows)
