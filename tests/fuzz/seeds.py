"""Sound inputs of every target, to start from, and words that mutations may put in."""

from __future__ import annotations

import io
import json
import tempfile
from importlib.resources import files
from pathlib import Path

import pandas as pd
from targets import ACTS, KINDS, PLACES, SHEET, TOML, workbook

PROCEDURES = """[[procedure]]
name = "x"
name_zh = "甲"
process = "request"
usual = true
steps = ["raised", { step = "accepted", required = false, by = ["cadre"], within_days = 3, since = "raised" },
  { step = "closed", only_after = "accepted", waived_for = ["withdrawn"] }]
"""
VALUES = """2019/3/1
2019年3月1日 下午3:05
20190301150500
43525.5
2021-03-07T14:30:00+08:00
1,234.5
１２
¥300
1.2万元
3小时
41.2%
12:30:15
是
2021年第1季度
202103
="00123"
1e999
1.2e+15
9999-12-31
"""


def seeds() -> dict[str, list[bytes]]:
    """Return target -> inputs."""
    acts = ACTS.encode()
    frame = pd.read_csv(io.StringIO(ACTS))
    record = "".join(json.dumps(row) + "\n" for row in frame.to_dict("records")).encode()
    index = files("analysis.index").joinpath("governance.toml").read_bytes()
    return {
        "text": [acts, b"\x01" + acts, ACTS.replace(",", ";").encode("utf-16"), ACTS.encode("gb18030"),
                 '时间,"说\n明"\n2021,"a""b"\n'.encode()],
        "lines": [record, b'{"a": {"b": {"c": [1, 2, {"d": NaN}]}}}\n' + record],
        "excel": [b"\x00" + SHEET.encode(), SHEET.encode(), b"\x01" + workbook(SHEET)],
        "parquet": [frame.to_parquet(), frame.astype({"kind": "category"}).to_parquet()],
        "duckdb": [_database(frame)],
        "study": [TOML.encode(), b'[tables.interactions]\npath = "acts.csv"\nsheet = 1\ntable = "x"\n'],
        "check": [b"\x00" + PLACES.encode(), b"\x03" + acts, *_tables()],
        "procedures": [PROCEDURES.encode()],
        "index": [index, b'[index]\nname = "x"\n[indicators.a]\ndirection = 1\ngoalposts = [0, 1]\n'],
        "init": [bytes([n]) + acts for n in range(7)]
        + [b"\x02" + "居民编号,社区,年龄\n1,甲社区,33\n".encode()],
        "values": [bytes([n]) + VALUES.encode() for n in range(len(KINDS))],
    }  # fmt: skip


def words() -> str:
    """Return a libFuzzer dictionary."""
    found = ["time", "community_id", "kind", "source_id", "target_id", "gathering_id", "hours", "2021-03-01",
             "help", "[tables.", "[study]", "path = ", "columns", "values", "postgresql", "header", "sheet",
             "[[procedure]]", "steps", "within_days", "direction", "goalposts", "comparisons", "weight",
             "inf", "nan", "1e308", "99999999999999999999", "9999-12-31", "0001-01-01", "年", "月", "日",
             "万", "时间", "社区", "居民编号", "<c r=", "mergeCell ref=", "dimension ref=", "ZZZ9999999",
             "\ufeff", "\u0000", "\u202e"]  # fmt: skip
    return "".join('"' + "".join(f"\\x{byte:02x}" for byte in w.encode()) + '"\n' for w in found)


def _tables() -> list[bytes]:
    from analysis.tables import schema

    rows = []
    for number, table in enumerate(schema.MODELS):
        names = list(schema.columns(table))
        rows.append(bytes([number]) + (",".join(names) + "\n" + ",".join("C" for _ in names) + "\n").encode())
    return rows


def _database(frame: pd.DataFrame) -> bytes:
    import duckdb

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "x.duckdb"
        with duckdb.connect(str(file)) as connection:
            connection.register("frame", frame)
            connection.execute("CREATE TABLE interactions AS SELECT * FROM frame")
        return file.read_bytes()
