"""What is fuzzed: each target takes bytes, reads them as one kind of input, and lets only our errors pass.

A target returns quietly where the input is refused with an AnalysisError or is read; anything else that comes
out of it is a finding. Beside that a few promises are held: reading in parts gives the rows that reading at
once gives, and what `gongzhi init` writes is TOML.
"""

from __future__ import annotations

import atexit
import gzip
import io
import shutil
import tempfile
import tomllib
import warnings
import zipfile
from contextlib import suppress
from pathlib import Path

import pandas as pd

from analysis.errors import AnalysisError
from analysis.index.read import read_index
from analysis.intake.propose import propose_study
from analysis.intake.write import study_toml
from analysis.tables import schema
from analysis.tables.check import check_study
from analysis.tables.clean import written_number, written_time
from analysis.tables.config import TableConfig, read_config
from analysis.tables.declared import read_procedures
from analysis.tables.parse import parse_column
from analysis.tables.read import read_parts, read_raw

KINDS = list(
    {(c.type, c.unit): c for table in schema.MODELS for c in schema.columns(table).values()}.values()
)  # one column of each type and unit
FOLDER = Path(tempfile.mkdtemp(prefix="gongzhi-fuzz-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
PLACES = "place_id,kind,parent_id\nD,district,\nC,community,D\nC2,community,D\n"
ACTS = "time,community_id,kind,source_id,target_id\n2021-03-01 10:00,C,help,a,b\n2021-04-01,C2,goods,c,d\n"
TOML = """[study]
name = "x"
period = "month"
from = "2021-01"
until = "2021-12"
max_set_aside = 0.5
time_zone = "Asia/Shanghai"
[tables.interactions]
path = "acts.csv"
encoding = "utf-8"
separator = ","
header = 1
time_zone = "UTC"
time_format = "%Y-%m-%d"
columns = { time = ["time", "kind"], source_id = "source_id" }
constants = { status = "done" }
values = { kind = { "互助" = "help" } }
"""
SHEET = (
    '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<dimension ref="A1:E3"/><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>time</t></is></c>'
    '<c r="B1" t="inlineStr"><is><t>community_id</t></is></c><c r="C1" t="inlineStr"><is><t>kind</t></is></c>'
    '<c r="D1" t="inlineStr"><is><t>source_id</t></is></c></row><row r="2"><c r="A2"><v>44256.5</v></c>'
    '<c r="B2" t="inlineStr"><is><t>C</t></is></c><c r="C2" t="b"><v>1</v></c><c r="D2" t="e"><v>#N/A</v></c>'
    '</row></sheetData><mergeCells count="1"><mergeCell ref="A2:B3"/></mergeCells></worksheet>'
)


def workbook(sheet: str | bytes, **parts: str) -> bytes:
    """Return an .xlsx file of one sheet with this XML."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    types = "http://schemas.openxmlformats.org/package/2006/content-types"
    spread = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    files = {
        "[Content_Types].xml": f'<Types xmlns="{types}"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" '
        f'ContentType="{spread}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" '
        f'ContentType="{spread}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{relations}"><Relationship Id="r1" Type="{office}/'
        'officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="S" '
        'sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{relations}"><Relationship Id="r1" Type="'
        f'{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": sheet,
    } | parts
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def text(data: bytes) -> None:
    """CSV, its first byte says whether it is compressed."""
    if data[:1] == b"\x01":
        _read("interactions.csv.gz", gzip.compress(data[1:], 1))
    elif data[:1] == b"\x02":
        _read("interactions.csv.gz", data[1:])
    else:
        _read("interactions.csv", data)


def lines(data: bytes) -> None:
    """JSON lines."""
    _read("interactions.jsonl", data)


def excel(data: bytes) -> None:
    """A workbook: its first byte says whether the rest is a sheet's XML or the file as it stands."""
    if data[:1] == b"\x01":
        _read("interactions.xlsx", data[1:])
    elif data[:1] == b"\x02":
        _read("interactions.xls", data[1:])
    else:
        _read("interactions.xlsx", workbook(data))


def parquet(data: bytes) -> None:
    """A Parquet file."""
    _read("interactions.parquet", data)


def duckdb(data: bytes) -> None:
    """A DuckDB file."""
    _read("interactions.duckdb", data)


def study(data: bytes) -> None:
    """study.toml, beside tables that it may or may not name."""
    folder = _folder({"places.csv": PLACES, "acts.csv": ACTS, "study.toml": data})
    with suppress(AnalysisError):
        config = read_config(folder)
        for name, table in config.tables.items():
            with suppress(AnalysisError):
                raw = read_raw(name, table)
                assert raw.rows_in == len(raw.frame) + sum(map(len, raw.apart.values()))


def check(data: bytes) -> None:
    """One table of a whole study: its first byte says which."""
    table = list(schema.MODELS)[data[0] % len(schema.MODELS)] if data else "places"
    tables = {"places.csv": PLACES, "interactions.csv": ACTS, f"{table}.csv": data[1:]}
    folder = _folder(tables | {"study.toml": "[study]\nmax_set_aside = 1"})
    with suppress(AnalysisError):
        found = check_study(folder)
        totals = found.accounting[found.accounting["rule"] == ""]
        assert (totals["rows_in"] == totals["kept"] + totals["set_aside"]).all()


def procedures(data: bytes) -> None:
    """procedures.toml."""
    folder = _folder({"procedures.toml": data})
    with suppress(AnalysisError):
        read_procedures(folder)


def index(data: bytes) -> None:
    """An index as TOML."""
    folder = _folder({"index.toml": data})
    with suppress(AnalysisError):
        read_index(folder / "index.toml")


def init(data: bytes) -> None:
    """Files as `gongzhi init` gets them: the first byte says how they are called."""
    names = ("互助记录.csv", "places.csv", "居民.csv", "议题.csv", "x.jsonl", "费用.csv", "票.csv")
    name = names[data[0] % len(names)] if data else names[0]
    folder = _folder({name: data[1:]})
    with suppress(AnalysisError):
        found = propose_study([folder])
        written = study_toml(found, {f: "x.csv" for t in found.tables.values() for f in t.source.files})
        tomllib.loads(written)


def values(data: bytes) -> None:
    """Dates, numbers, flags, periods and identifiers, one per line; the first byte says what is expected."""
    column = pd.Series(data[1:].decode("utf-8", errors="replace").split("\n"), dtype="str")
    entry = KINDS[data[0] % len(KINDS)] if data else KINDS[0]
    layout = (None, None, "unix", "unix_ms", "%d/%m/%Y")[data[0] % 5] if data else None
    for value in column:
        written_time(value)
        written_number(value, entry.unit)
    parsed, bad = parse_column(column, entry, zones=("UTC", "Asia/Shanghai"), time_format=layout)
    assert len(parsed) == len(bad) == len(column)
    assert not (parsed.notna() & bad).any() or entry.type == "id"


TARGETS = {
    target.__name__: target
    for target in (text, lines, excel, parquet, duckdb, study, check, procedures, index, init, values)
}


def _read(name: str, content: bytes) -> None:
    folder = _folder({name: content})
    config = TableConfig(folder / name)
    try:
        at_once = read_raw("interactions", config)
    except AnalysisError:
        return
    parts = list(read_parts("interactions", config, 50))
    assert sum(part.rows_in for part in parts) == at_once.rows_in, "reading in parts loses rows"
    for column, entry in schema.columns("interactions").items():
        if column in at_once.frame:
            parse_column(at_once.frame[column], entry)


def _folder(files: dict[str, str | bytes]) -> Path:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    for name, content in files.items():
        (FOLDER / name).write_bytes(content.encode() if isinstance(content, str) else content)
    warnings.simplefilter("error", FutureWarning)
    return FOLDER
