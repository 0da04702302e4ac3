"""A table on a real PostgreSQL server: read as it is, harmless names, and the password nowhere."""

import json
import logging
import traceback

import adbc_driver_postgresql.dbapi as driver
import pandas as pd
import pytest

from analysis.cli import main
from analysis.errors import StudyError
from analysis.tables import check_study, open_study
from analysis.tables.config import TableConfig
from analysis.tables.formats import postgres
from analysis.tables.read import server_hashes

LOG = "time,community_id,kind,source_id,target_id,gathering_id,hours\n" + "".join(
    f"2021-03-{i % 28 + 1:02d} 10:00,C1,help,p{i},p{i + 1},,1.5\n" for i in range(39)
)
PLACES = "place_id,kind,parent_id\nD1,district,\nC1,community,D1\n"
PASSWORD = "tulip-harbour-91"  # the one that conftest gives the server
ODD = 'acts"; DROP TABLE kept; --'
TOML = '[tables.interactions]\npostgresql = {{ {} , environment = "DISTRICT_DB" }}\n{}'


def make_study(folder, toml="", log=None):
    folder.mkdir(exist_ok=True)
    (folder / "places.csv").write_text(PLACES)
    if log:
        (folder / "interactions.csv").write_text(log)
    if toml:
        (folder / "study.toml").write_text(toml)
    return folder


def run(address, *statements):
    with driver.connect(address) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        connection.commit()


@pytest.fixture(scope="module")
def filled(postgresql):
    rows = [line.split(",") for line in LOG.strip().split("\n")[1:]]
    values = ", ".join(
        f"('{t}', '{c}', '{k}', '{s}', '{to}', NULL, {h})" for t, c, k, s, to, _, h in rows
    )  # fmt: skip
    columns = (
        "(time timestamp, community_id varchar(9), kind text, source_id text, target_id text, "
        "gathering_id uuid, hours numeric(6,2))"
    )
    odd = '"' + ODD.replace('"', '""') + '"'
    run(
        postgresql,
        f"CREATE TABLE log {columns}", f"INSERT INTO log VALUES {values}",
        "CREATE TABLE kept (x int)", "INSERT INTO kept VALUES (1)",
        'CREATE SCHEMA "old data"', f'CREATE TABLE "old data".{odd} {columns}',
        f'INSERT INTO "old data".{odd} SELECT * FROM log',
        f'CREATE TABLE renamed (time timestamptz, {odd} text, kind text, a text, b text)',
        "INSERT INTO renamed SELECT time AT TIME ZONE 'Asia/Shanghai', community_id, kind, source_id, "
        "target_id FROM log",
    )  # fmt: skip
    return postgresql


@pytest.fixture
def study(tmp_path, filled, monkeypatch):
    monkeypatch.setenv("DISTRICT_DB", filled)

    def make(named, more=""):
        return make_study(tmp_path / "study", TOML.format(named, more))

    return make


def test_table_is_read_as_its_csv_is(tmp_path, study):
    expected = open_study(make_study(tmp_path / "csv", log=LOG)).interactions
    pd.testing.assert_frame_equal(open_study(study('table = "log"')).interactions, expected)
    folder = study('query = "SELECT * FROM log WHERE hours > 1; "')
    pd.testing.assert_frame_equal(open_study(folder).interactions, expected)


def test_names_with_quotes_and_semicolons_are_names(study, filled):
    folder = study(f"table = '''old data.{ODD}'''")
    assert len(open_study(folder).interactions) == 39
    mapping = json.dumps(ODD)
    folder = study(
        'table = "renamed"', f'columns = {{ community_id = {mapping}, source_id = "a", target_id = "b" }}\n'
        '[study]\ntime_zone = "Asia/Shanghai"\n',
    )  # fmt: skip
    acts = open_study(folder).interactions
    assert acts["time"].dt.hour.eq(10).all()  # stored with a zone, shown on the clock of the study
    with pytest.raises(StudyError, match="no such table"):
        open_study(study("table = '''log; DROP TABLE kept'''"))
    run(filled, "SELECT x FROM kept")  # it is still there


@pytest.mark.parametrize(
    "query",
    ["DELETE FROM kept RETURNING x", "SELECT 1 AS a; DROP TABLE kept",
     "WITH g AS (DELETE FROM kept RETURNING x) SELECT * FROM g",
     "SELECT 1) AS rows; DROP TABLE kept; --"],
)  # fmt: skip
def test_query_can_only_read(study, filled, query):
    with pytest.raises(StudyError, match="cannot be read"):
        open_study(study(f'query = "{query}"'))
    with driver.connect(filled) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM kept")
        assert cursor.fetchone() == (1,)


def test_rows_come_in_batches(filled, monkeypatch):
    run(
        filled, "CREATE TABLE long AS SELECT timestamp '2021-01-01' + n * interval '1 minute' AS time, "
        "repeat('x', 300) AS source_id FROM generate_series(1, 100000) AS n",
    )  # fmt: skip
    monkeypatch.setenv("DISTRICT_DB", filled)
    config = TableConfig(None, postgresql={"table": "long", "environment": "DISTRICT_DB"})
    schema, batches = postgres._fetch("interactions", config, "SELECT * FROM long")
    assert schema.names == ["time", "source_id"]
    assert len(batches) > 1
    assert sum(batch.num_rows for batch in batches) == 100_000


def test_hash_moves_with_the_rows_and_not_with_their_order(study, filled):
    from analysis.tables.config import read_config

    config = read_config(study('table = "log"'))
    before = server_hashes(config)
    run(filled, "UPDATE log SET hours = hours WHERE source_id = 'p0'")  # another order on disk
    assert server_hashes(config) == before
    run(filled, "UPDATE log SET hours = 2 WHERE source_id = 'p0'")
    assert server_hashes(config) != before
    run(filled, "UPDATE log SET hours = 1.5 WHERE source_id = 'p0'")
    asked = read_config(study('query = "SELECT * FROM log"'))
    assert server_hashes(asked) == before


BAD = {
    "wrong password": ("{user}:{secret}x@/postgres?host={host}", "refuses user or password"),
    "not an address": ("{user}:{secret}%zz@/postgres?host={host}", "not well formed"),
    "password outside": ("nonsense {secret}", "not well formed"),
    "no server": ("{user}:{secret}@127.0.0.1:1/postgres?connect_timeout=2", "does not answer"),
    "no database": ("{user}:{secret}@/{secret}?host={host}", "no such database"),
    "odd option": ("{user}:{secret}@/postgres?host={host}&{secret}=1", "not well formed"),
}


@pytest.mark.parametrize("case", BAD)
def test_password_is_in_no_message(study, filled, monkeypatch, capsys, caplog, case):
    address, said = BAD[case]
    host = filled.partition("host=")[2]
    address = address.format(user="keeper", secret=PASSWORD, host=host)
    monkeypatch.setenv("DISTRICT_DB", address if case == "password outside" else f"postgresql://{address}")
    folder = study('table = "log"')
    with caplog.at_level(logging.DEBUG), pytest.raises(StudyError) as caught:
        open_study(folder)
    assert said in str(caught.value)
    assert main(["--verbose", "check", str(folder), "--csv", str(folder / "found.csv")]) == 2
    shown = capsys.readouterr()
    trace = "".join(traceback.format_exception(caught.value))
    problems = check_study(folder).problems.to_csv()
    for text in (shown.out, shown.err, caplog.text, trace, problems, (folder / "found.csv").read_text()):
        assert PASSWORD not in text


def test_address_comes_from_the_environment_only(study, monkeypatch, tmp_path):
    monkeypatch.delenv("DISTRICT_DB")
    with pytest.raises(StudyError, match="DISTRICT_DB"):
        open_study(study('table = "log"'))
    toml = f'[tables.interactions]\npostgresql = "postgresql://keeper:{PASSWORD}@h/d"\n'
    with pytest.raises(StudyError) as caught:
        open_study(make_study(tmp_path / "other", toml))
    assert "never the address" in str(caught.value)
    assert PASSWORD not in str(caught.value)
    address = f"postgresql://k:{PASSWORD}@h/d"
    toml = f'[tables.interactions]\npostgresql = {{ table = "log", environment = "{address}" }}\n'
    with pytest.raises(StudyError) as caught:
        open_study(make_study(tmp_path / "third", toml))
    assert PASSWORD not in str(caught.value)
