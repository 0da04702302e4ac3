"""CSV and its kin, also compressed: encoding and separator are found, and no record is left out unsaid."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd

from analysis.errors import StudyError
from analysis.tables.formats import encodings, header
from analysis.tables.formats.base import Content, Opened
from analysis.tables.limits import MAX_LINE, Meter, check_columns
from analysis.tables.table_config import TableConfig

SEPARATORS = ",;\t|"
MOST_BROKEN = 2_000_000  # rows that cannot be taken apart: with more, the file is no such table
BLOCK = 1 << 24  # bytes read at once


def open_text(table: str, config: TableConfig, known) -> Opened:
    """Open a text file whose encoding, separator and header row are given or can be found."""
    head, whole = _head(config)
    encoding = _encoding(table, config, head, whole=whole)
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(head).removeprefix("\ufeff")
    lines = text.splitlines(keepends=True)[: 8 * header.LOOKED_AT]
    if not whole and len(lines) > 1:
        lines = lines[:-1]
    if not text.strip():
        raise empty(table, config)
    separator = config.separator or _separator(lines, known)
    reader, records, line_ends = (
        csv.reader(io.StringIO("".join(lines), newline=""), delimiter=separator),
        [],
        [],
    )
    try:
        for record in reader:
            records.append([cell.strip() for cell in record])
            line_ends.append(reader.line_num)
            if len(records) == header.LOOKED_AT:
                break
    except csv.Error:
        pass  # what follows is the business of the reader of all rows
    rows = tuple(n - 1 for n in config.header) or header.find_header(records, known)
    if not rows or rows[-1] >= len(records):
        raise empty(table, config)
    check_columns(table, config.where, max(map(len, records)))
    names = header.compose([record[: _width(records, rows)] for record in records], rows)

    def read(positions: list[int], limit: int | None) -> Content:
        if limit is not None:
            return _first(table, config, encoding, separator, rows[-1] + 1, len(names), positions, limit)
        return _all(*place, positions)

    place = (table, config, encoding, separator, rows[-1], line_ends[rows[-1]], len(names))
    return Opened(
        names,
        read,
        tuple(n + 1 for n in rows),
        encoding,
        separator,
        lambda positions, _: _blocks(*place, positions),
        first=rows[-1] + 2,
    )


def _width(records: list[list[str]], rows: tuple[int, ...]) -> int:
    """Return the number of fields: that of most records, and not less than the header has."""
    widths = Counter(len(record) for record in records[rows[-1] + 1 :] if any(record))
    usual = [width for width, _ in widths.most_common(1)]
    return max(usual + [len(records[n]) for n in rows])


def _all(table, config, encoding, separator, record, lines, width, positions) -> Content:
    import pyarrow as pa
    import pyarrow.csv as pacsv

    broken: list[int] = []
    offset = record + 1  # records up to and including the header
    options = _options(encoding, separator, lines, width, positions, broken, offset)
    meter, batches = Meter(table, config.path), []
    with _readable(table, config, encoding), _stream(config) as stream:
        for batch in pacsv.open_csv(stream, **options):
            meter.add(batch.nbytes, batch.num_rows)
            batches.append(batch)
    empty = pd.DataFrame(columns=range(len(positions) or 1), dtype="str")  # there may still be broken rows
    content = pa.Table.from_batches(batches).to_pandas() if batches else empty
    return _numbered(content, broken, offset, positions)


def _blocks(table, config, encoding, separator, record, lines, width, positions) -> Iterator[Content]:
    """Yield what `_all` gives, block by block of the file."""
    import pyarrow.csv as pacsv

    broken: list[int] = []
    offset, told, meter = record + 1, 0, Meter(table, config.path)
    options = _options(encoding, separator, lines, width, positions, broken, offset)
    with _readable(table, config, encoding), _stream(config) as stream:
        for batch in pacsv.open_csv(stream, **options):
            meter.add(batch.nbytes, batch.num_rows)
            content, skipped = batch.to_pandas(), [n for n in broken if n > offset]
            numbers = np.arange(offset + 1, offset + len(content) + len(skipped) + 1)
            numbers = np.setdiff1d(numbers, skipped, assume_unique=True)[: len(content)]
            content.index = pd.Index(numbers, dtype="int64")
            yield Content(content.set_axis(positions or [-1], axis=1), broken[told:])
            offset, told = int(numbers[-1]) if len(numbers) else offset, len(broken)
    if told < len(broken):
        yield Content(pd.DataFrame({n: pd.Series(dtype="str") for n in positions}), broken[told:])


def _stream(config: TableConfig):
    import pyarrow as pa

    return pa.input_stream(config.path, compression="detect")


def _options(encoding, separator, lines, width, positions, broken: list[int], offset: int) -> dict:
    import pyarrow as pa
    import pyarrow.csv as pacsv

    def note(row):
        broken.append(row.number - lines + offset)
        return "skip" if len(broken) < MOST_BROKEN else "error"

    fields = [f"c{n}" for n in range(width)]
    utf8 = encoding.replace("_", "-") in encodings.UTF_8
    return {
        "read_options": pacsv.ReadOptions(
            encoding="utf8" if utf8 else encoding, use_threads=False, block_size=BLOCK,
            skip_rows=lines, column_names=fields,
        ),
        "parse_options": pacsv.ParseOptions(
            delimiter=separator, newlines_in_values=True, invalid_row_handler=note, ignore_empty_lines=False,
        ),
        "convert_options": pacsv.ConvertOptions(
            column_types=dict.fromkeys(fields, pa.string()), strings_can_be_null=False,
            include_columns=[fields[n] for n in positions] or fields[:1],
        ),
    }  # fmt: skip


@contextmanager
def _readable(table, config, encoding):
    """Say what is wrong with a text that cannot be read; one without a whole row is none that cannot."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowInvalid, UnicodeError) as error:
        if "Empty CSV" in str(error):
            return
        if isinstance(error, UnicodeError) or "UTF8" in str(error):
            raise encoding_error(table, config, encoding) from error
        raise _not_text(table, config, error) from error


def _not_text(table: str, config: TableConfig, error: Exception) -> StudyError:
    return StudyError(
        f"The table {table!r} is not a readable CSV file.", where=str(config.path), value=error,
        expected="one record per line, fields in the order of the header",
        mend="Open the file, look at the place that is named, and export it again.",
    )  # fmt: skip


def _numbered(content: pd.DataFrame, broken: list[int], offset: int, positions: list[int]) -> Content:
    numbers = np.arange(offset + 1, offset + len(content) + len(broken) + 1)
    content.index = pd.Index(np.setdiff1d(numbers, broken, assume_unique=True), dtype="int64")
    return Content(content.set_axis(positions or [-1], axis=1), broken)


def _first(table, config, encoding, separator, record, width, positions, limit) -> Content:
    """Read the first rows only, with the reader that can stop."""
    rows, numbers, broken = [], [], []
    opener = gzip.open if config.path.name.lower().endswith(".gz") else open
    with opener(config.path, "rt", encoding=encoding, errors="replace", newline="") as file:
        for number, cells in _records(table, config, file, separator):
            if number <= record:
                continue
            if len(rows) >= limit:
                break
            if len(cells) != width:
                broken += [number] if cells else []
                continue
            rows.append([cells[n] for n in positions])
            numbers.append(number)
    frame = pd.DataFrame(rows, columns=positions, index=pd.Index(numbers, dtype="int64"), dtype="str")
    return Content(frame, broken)


def _records(table, config, file, separator) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(MAX_LINE)
    records = csv.reader(Meter(table, config.path).lines(file), delimiter=separator)
    try:
        yield from enumerate(records, start=1)
    except csv.Error as error:
        raise _not_text(table, config, error) from error


def _head(config: TableConfig) -> tuple[bytes, bool]:
    opener = gzip.open if config.path.name.lower().endswith(".gz") else open
    with opener(config.path, "rb") as file:
        head = file.read(encodings.SAMPLE)
        return head, not file.read(1)


def _encoding(table: str, config: TableConfig, head: bytes, *, whole: bool) -> str:
    if config.encoding is None:
        found = encodings.detect(head, whole=whole)
        if found is None:
            raise StudyError(
                f"The encoding of the table {table!r} cannot be told.", where=str(config.path),
                expected="UTF-8, GB18030 (also GBK), UTF-16 or Big5",
                mend=f'Save it as UTF-8, or say what it is: [tables.{table}] encoding = "latin-1"',
            )  # fmt: skip
        return found
    try:
        io.TextIOWrapper(io.BytesIO(), encoding=config.encoding)  # refuses those that are not of text
        wrong = encodings.contradicts(config.encoding, head, whole=whole)
    except (LookupError, ValueError) as error:
        raise StudyError(
            "The encoding is not known.", where=f"study.toml [tables.{table}] encoding",
            value=config.encoding, expected="utf-8, gb18030, utf-16, ...", mend="Correct the name.",
        ) from error  # fmt: skip
    if wrong:
        raise encoding_error(table, config, config.encoding)
    return "utf-8-sig" if config.encoding.lower() in encodings.UTF_8 else config.encoding


def _separator(lines: list[str], known) -> str:
    """Return the mark that splits most of the first lines alike, and gives the most names looked for."""

    def merit(mark: str) -> tuple:
        try:
            records = [record for record in csv.reader(lines, delimiter=mark) if record]
        except csv.Error:
            return (0, 0, False)
        widths = Counter(len(record) for record in records if len(record) > 1)
        names = max((sum(known(cell.strip()) for cell in record) for record in records), default=0)
        width, times = widths.most_common(1)[0] if widths else (1, 0)
        return (names, times * (width - 1), mark == ",")

    return max(SEPARATORS, key=merit)


def empty(table: str, config: TableConfig) -> StudyError:
    """Return the error for a source without content."""
    return StudyError(
        f"The file of the table {table!r} is empty.", where=str(config.path),
        expected="a line of column names, then one line per row",
        mend="Export the table again, or take the file away if the study has none.",
    )  # fmt: skip


def encoding_error(table: str, config: TableConfig, encoding: str) -> StudyError:
    """Return the error for a text that is not in `encoding`, with the one that it seems to be in."""
    head, whole = _head(config)
    start = encodings.first_wrong(head, encoding)
    fits = encodings.detect(head, whole=whole)
    if fits in (None, encoding) or (fits == "utf-8" and encoding in encodings.UTF_8):
        fits = next((e for e in encodings.CANDIDATES if e != encoding and encodings.decodes(
            head, e, whole=whole) and e not in encodings.UTF_8), "gb18030")  # fmt: skip
    return StudyError(
        f"The table {table!r} is not {encoding} text.",
        where=str(config.path) if start is None else f"{config.path}, byte {start + 1:,}",
        value=None if start is None else f"0x{head[start]:02X}",
        expected=f"text in {encoding}",
        mend=f'Say how it is encoded: [tables.{table}] encoding = "{fits.removesuffix("-sig")}"',
    )
