"""Workbooks that would fill the memory, found before the reader of workbooks meets them."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from analysis.errors import StudyError
from analysis.tables.limits import Meter

CHUNK = 1 << 20
AREA = 5_000_000  # cells that the area of any sheet may have, and that merged areas may cover
SPARSE = 20  # the area may have so many cells for each that is written
TAG = rb"<(?:[\w.-]+:)?"
CELL = re.compile(TAG + rb"c[\s/>]")
ROW = re.compile(TAG + rb"row[\s/>]")
CELL_AT = re.compile(TAG + rb"c\s(?:[^<>]*?\s)?r=[\"']([A-Za-z]{1,9})[A-Za-z]*(\d{0,9})")
ROW_AT = re.compile(TAG + rb"row\s(?:[^<>]*?\s)?r=[\"'][A-Za-z]*(\d{1,9})")
MERGED = re.compile(
    TAG + rb"mergeCell\s(?:[^<>]*?\s)?ref=[\"']([A-Za-z]{1,7})(\d{1,9}):([A-Za-z]{1,7})(\d{1,9})"
)
TEXT = re.compile(TAG + rb"si[\s>]")
TEXT_CELL = re.compile(TAG + rb"c\s(?:[^<>]*?\s)?t=[\"']s[\"'][^<>]*>\s*" + TAG + rb"v>(\d{1,9})<")


def check_workbook(table: str, path: Path) -> None:
    """Look through an .xlsx file without reading its cells.

    Raises
    ------
    StudyError
        It expands to far more than its size, a sheet spans or merges far more cells than it writes, or its
        texts are repeated until they fill the memory.
    """
    found = path.stat()
    _look(table, path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=64)
def _look(table: str, path: Path, *_: int) -> None:
    meter, sizes, repeated = Meter(table, path), [0], 0
    for content in _contents(path, meter):
        if TEXT.search(content):
            sizes = [len(text) for text in TEXT.split(content)[1:]]
        elif CELL.search(content):
            _check_area(table, path, content)
            repeated += content.count(b"t=")
    if max(sizes) * repeated > meter.most:
        for content in _contents(path, None):
            for found in TEXT_CELL.finditer(content):
                number = int(found[1])
                meter.add(sizes[number] if number < len(sizes) else 0)


def _contents(path: Path, meter: Meter | None) -> Iterator[bytes]:
    """Yield what the XML members of an archive hold; one that is damaged ends it, the reader says how."""
    try:
        with zipfile.ZipFile(path) as archive, open(path, "rb") as file:
            for member in archive.infolist():
                if member.filename.lower().endswith(".xml"):
                    yield b"".join(_expanded(file, member, meter))
    except (zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, ValueError, UnicodeError):
        return


def _expanded(file, member: zipfile.ZipInfo, meter: Meter | None) -> Iterator[bytes]:
    """Yield what a member of an archive holds, whatever size the archive says it has."""
    file.seek(member.header_offset)
    file.seek(sum(struct.unpack("<26xHH", file.read(30))), 1)
    left, expand = member.compress_size, zlib.decompressobj(-15)
    while left > 0 and (chunk := file.read(min(left, CHUNK))):
        left -= len(chunk)
        while chunk:
            if member.compress_type == zipfile.ZIP_DEFLATED:
                part, chunk = expand.decompress(chunk, CHUNK), expand.unconsumed_tail
            else:
                part, chunk = chunk, b""
            if meter:
                meter.add(len(part))
            yield part


def _check_area(table: str, path: Path, content: bytes) -> None:
    rows = columns = named = 0
    for found in CELL_AT.finditer(content):
        rows, columns, named = max(rows, int(found[2] or 0)), max(columns, _number(found[1])), named + 1
    written = sum(1 for _ in CELL.finditer(content))
    for found in ROW_AT.finditer(content):
        rows = max(rows, int(found[1]))
    if written > named:  # a cell without a name stands beside the one before it, a row without one below
        lines = ROW.split(content)
        rows, columns = rows + len(lines), columns + max(sum(1 for _ in CELL.finditer(n)) for n in lines)
    merged = 0
    for left, top, right, bottom in MERGED.findall(content):
        high, wide = int(bottom) - int(top) + 1, _number(right) - _number(left) + 1
        merged += max(min(high, rows), 0) * max(min(wide, columns), 0)
    if max(rows * columns, merged) > max(AREA, SPARSE * written):
        raise StudyError(
            f"A sheet of the workbook of the table {table!r} spans far more cells than it holds.",
            where=str(path), value=f"{rows:,} rows, {columns:,} columns, {written:,} cells",
            expected="a table without such gaps",
            mend="Delete what stands far below or far to the right of the table, and save it again.",
        )  # fmt: skip


def _number(name: bytes) -> int:
    number = 0
    for letter in name.upper():
        number = number * 26 + letter - 64
    return number
