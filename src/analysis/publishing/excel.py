"""A table as an Excel file: numbers in full under formats that round them, text that stays text."""

from __future__ import annotations

import io
from unicodedata import east_asian_width

import pandas as pd

from analysis.publishing.cells import is_formula, is_missing, is_number, plain_text
from analysis.publishing.content import Content
from analysis.publishing.packed import same_bytes

WIDEST = 60


def excel_bytes(content: Content) -> bytes:
    """Return the file; of estimates with a second sheet that holds every term in full."""
    from openpyxl import Workbook

    book = Workbook()
    book.properties.creator = "gongzhi"
    sheet = book.active
    sheet.title = content.text("publication.sheet")
    if content.rule:  # estimates: their figures are texts such as [0.1, 0.2]
        _fill(sheet, content, content.header, [], content.rows, [0] * len(content.header), content.numeric)
        second = book.create_sheet(content.text("publication.sheet_full"))
        full = content.values.astype("object").itertuples(index=False, name=None)
        _fill(second, None, list(content.values.columns), [], full, content.digits,
              [pd.api.types.is_numeric_dtype(content.values[c]) for c in content.values])  # fmt: skip
    else:
        rows = content.values.astype("object").itertuples(index=False, name=None)
        _fill(sheet, content, content.header, content.units, rows, content.digits, content.numeric)
    buffer = io.BytesIO()
    book.save(buffer)
    return same_bytes(buffer.getvalue())


def _fill(sheet, content: Content | None, header, units, rows, digits, numeric) -> None:
    from openpyxl.styles import Alignment, Border, Font, Side
    from openpyxl.utils import get_column_letter

    line = Side(style="thin")
    at = 1
    if content is not None and content.title:
        _put(sheet.cell(at, 1), content.title)
        sheet.cell(at, 1).font = Font(bold=True)
        at += 2
    heads = [header] + ([units] if any(units) else [])
    for words in heads:
        for column, word in enumerate(words, 1):
            cell = _put(sheet.cell(at, column), word)
            cell.font = Font(bold=words is header, italic=words is not header)
            cell.alignment = Alignment(horizontal="right" if numeric[column - 1] else "left", wrap_text=True,
                                       vertical="top")  # fmt: skip
            if words is heads[-1]:
                cell.border = Border(bottom=line)
        at += 1
    sheet.freeze_panes = sheet.cell(at, 2 if len(header) > 1 else 1)
    sheet.print_title_rows = f"{at - len(heads)}:{at - 1}"
    widths = [max(_width(word) for word in words) for words in zip(*heads, strict=True)]
    for row in rows:
        for column, (value, places) in enumerate(zip(row, digits, strict=True), 1):
            cell = _put(sheet.cell(at, column), value, places)
            if numeric[column - 1]:
                cell.alignment = Alignment(horizontal="right")
            shown = f"{value:,.{places}f}" if is_number(value) else "" if is_missing(value) else str(value)
            widths[column - 1] = max(widths[column - 1], _width(shown))
        at += 1
    for column, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(column)].width = min(width + 2, WIDEST)
    if content is not None and content.note:
        _put(sheet.cell(at + 1, 1), content.note)


def _put(cell, value: object, places: int = 0):
    """Put a value into a cell: a number as a number, anything else as text that is never run."""
    if is_missing(value):
        return cell
    if is_number(value):
        if abs(float(value)) == float("inf"):
            cell.value = "∞" if value > 0 else "−∞"
            return cell
        whole = float(value).is_integer() and not places
        cell.value = int(value) if whole else float(value)
        cell.number_format = "#,##0" + ("." + "0" * places if places else "")
        return cell
    if isinstance(value, pd.Timestamp) and value.tzinfo is None:
        cell.value = value.to_pydatetime()
        cell.number_format = "yyyy-mm-dd" if value == value.normalize() else "yyyy-mm-dd hh:mm:ss"
        return cell
    words = plain_text(value)[:32767]  # what a cell can hold
    cell.value, cell.data_type = words, "s"
    if is_formula(words):
        cell.quotePrefix = True  # stays text when somebody edits the cell
    return cell


def _width(words: object) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in str(words))
