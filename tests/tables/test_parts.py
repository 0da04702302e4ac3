"""A table read part by part is the table read at once: rows, their numbers, and what is apart."""

import sys
from pathlib import Path

import adbc_driver_postgresql.dbapi as driver
import pandas as pd
import pytest

from analysis.errors import StudyError
from analysis.tables.config import TableConfig
from analysis.tables.formats import text
from analysis.tables.read import read_parts, read_raw

sys.path.insert(0, str(Path(__file__).parents[1] / "large"))
from split_studies import WRITERS, a_log

COLUMNS = {"time": "when", "source_id": "sender"}


def assert_same_parts(config, rows, parts):
    whole, found = read_raw("interactions", config), list(read_parts("interactions", config, rows))
    assert len(found) >= parts
    pd.testing.assert_frame_equal(
        pd.concat([part.frame for part in found]), whole.frame, check_index_type=False
    )
    assert sum(part.rows_in for part in found) == whole.rows_in
    apart = {}
    for part in found:
        for rule, numbers in part.apart.items():
            apart.setdefault(rule, []).extend(numbers)
    assert apart == whole.apart
    assert {part.unused for part in found} == {whole.unused}
    return whole


@pytest.mark.parametrize("suffix", list(WRITERS))
def test_every_kind_of_file_in_parts(tmp_path, monkeypatch, suffix):
    monkeypatch.setattr(text, "BLOCK", 2048)
    path = tmp_path / f"log{suffix}"
    WRITERS[suffix](a_log(200), path)
    config = TableConfig(path=path, columns=COLUMNS, constants={"status": "done"})
    whole = assert_same_parts(config, 33, 1 if suffix == ".xlsx" else 5)
    assert whole.rows_in == (205 if suffix == ".csv" else 200)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_table_without_rows_is_one_empty_part(tmp_path, suffix):
    path = tmp_path / f"log{suffix}"
    if suffix == ".csv":
        path.write_text(",".join(a_log(9).columns) + "\n")
    else:
        a_log(9).head(0).to_parquet(path)
    config = TableConfig(path=path, columns=COLUMNS)
    assert_same_parts(config, 10, 1)


def test_rows_of_another_number_of_fields_keep_their_numbers_across_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "BLOCK", 256)
    lines = [f"2021-01-01,C1,help,a{n},b{n}" + (",more" if n % 7 == 3 or n > 395 else "") for n in range(400)]
    path = tmp_path / "log.csv"
    path.write_text("time,community_id,kind,source_id,target_id\n" + "\n".join(lines) + "\n")
    whole = assert_same_parts(TableConfig(path=path), 10, 40)
    assert whole.apart["wrong_number_of_fields"][:2] == [5, 12]


def test_a_file_that_breaks_half_way_is_one_message(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "BLOCK", 4096)
    path = tmp_path / "log.csv"
    good = "".join(f"2021-01-01,C1,help,a{n},b\n" for n in range(9000))
    path.write_bytes(
        f"time,community_id,kind,source_id,target_id\n{good}".encode() + b"2021,C1,h\xff\xfe,a,b\n"
    )
    parts = read_parts("interactions", TableConfig(path=path, encoding="utf-8"), 10)
    with pytest.raises(StudyError, match="not utf-8"):
        list(parts)


def test_a_server_in_parts(postgresql, monkeypatch):
    monkeypatch.setenv("LOG_DB", postgresql)
    statements = (
        "CREATE TABLE parts (time timestamp, community_id text, kind text, source_id text, target_id uuid)",
        "INSERT INTO parts SELECT timestamp '2021-01-01' + n * interval '1 hour', 'C' || n % 3, 'help', "
        "'s' || n, CASE WHEN n % 5 > 0 THEN gen_random_uuid() END FROM generate_series(1, 300) AS n",
    )
    with driver.connect(postgresql) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        connection.commit()
    config = TableConfig(path=None, postgresql={"table": "parts", "environment": "LOG_DB"})
    assert_same_parts(config, 50, 1)
