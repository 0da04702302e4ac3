"""Tables as journals and co-authors take them: LaTeX, Word, Excel, CSV, Markdown."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from analysis.display.effect_tables import LATEX, MARKDOWN
from analysis.effects import EffectEstimate, GroupTimeEffects
from analysis.errors import AnalysisError
from analysis.files import harmless
from analysis.publishing.cells import cell_text, is_missing, is_number, plain_text, shortened
from analysis.publishing.content import Content, content_of

SUFFIXES = (".tex", ".docx", ".xlsx", ".csv", ".md")
LONG = 40  # rows, from which on a LaTeX table may run over pages


def save_table(
    table: pd.DataFrame | pd.Series | EffectEstimate | GroupTimeEffects | Mapping | Sequence,
    path: str | Path,
    *,
    title: str = "",
    note: str = "",
    labels: Mapping[str, str] | None = None,
    units: Mapping[str, str] | None = None,
    digits: int | Mapping[str, int] | None = None,
    index: bool | None = None,
    terms: Sequence[str] | None = None,
    language: str = "en",
    significant: int | None = None,
) -> Path:
    """Save a table; the ending of `path` says as what. The same table gives the same bytes. No stars.

    Parameters
    ----------
    table : DataFrame, Series, estimate, or mapping (or sequence) of estimates
        Estimates stand beside each other, as `effect_table` lays them out.
    path : path
        Ending in .tex (booktabs), .docx, .xlsx, .csv or .md.
    title, note : str
        Above and below the table.
    labels, units : mapping of column to str, optional
        What a column is called, and its unit.
    digits : int or mapping of column to int, optional
        Decimals people see; by default three digits of a column's middle value.
    index : bool, optional
        Whether the index of a frame is a column; by default if it holds more than row numbers.
    terms : sequence of str, optional
        Of estimates: the terms to show.
    language : {"en", "zh"}
    significant : int, optional
        Digits that Excel and CSV keep; by default all. The last ones differ between processors.

    Returns
    -------
    Path
        The file. LaTeX, Word and Markdown hold rounded numbers. Excel holds the full ones (to 16 digits)
        under a format that rounds them, and of estimates a second sheet with every term; CSV holds the full
        ones. A text that a spreadsheet would run as a formula (it begins with = + - @, a tab or a line end)
        stays text: in CSV with an apostrophe before it, in Excel as a text cell.

    Raises
    ------
    AnalysisError
        Nothing that makes a table, an unknown ending or column, two columns of one name, digits out of range.
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise AnalysisError(
            "A table cannot be saved as this kind of file.", where="argument path", value=path.name,
            expected="a name ending in " + ", ".join(SUFFIXES), mend="Change the ending.",
        )  # fmt: skip
    content = content_of(
        table, title=title, note=note, labels=labels, units=units, digits=digits, index=index, terms=terms,
        language=language,
    )  # fmt: skip
    if significant is not None:
        content = replace(content, values=content.values.map(lambda value: shortened(value, significant)))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_WRITERS[path.suffix.lower()](content))
    return path


def _latex(content: Content) -> bytes:
    def line(cells) -> str:
        return " & ".join(_latex_text(cell) for cell in cells) + r" \\"

    columns = "".join("r" if right else "l" for right in content.numeric)
    head = [r"\toprule", line(content.header)]
    head += [line(f"({unit})" if unit else "" for unit in content.units)] if any(content.units) else []
    head.append(r"\midrule")
    body = [line(row) for row in content.rows]
    if content.rule:
        body.insert(content.rule, r"\midrule")
    caption = rf"\caption{{{_latex_text(content.title)}}}" if content.title else ""
    said = rf"\par\smallskip\footnotesize {_latex_text(content.note)}" if content.note else ""
    packages = "booktabs, longtable" if len(body) > LONG else "booktabs"
    lines = [f"% needs \\usepackage{{{packages}}}" + (
        "; for Chinese \\usepackage{ctex} and xelatex or lualatex" if _chinese(content) else "")]  # fmt: skip
    if len(body) > LONG:
        lines += [rf"\begin{{longtable}}{{{columns}}}", caption + r" \\" if caption else "", *head,
                  r"\endhead", r"\bottomrule", r"\endfoot", *body, r"\end{longtable}", said]  # fmt: skip
    else:
        lines += [r"\begin{table}", r"\centering", caption, rf"\begin{{tabular}}{{{columns}}}", *head, *body,
                  r"\bottomrule", r"\end{tabular}", said, r"\end{table}"]  # fmt: skip
    return ("\n".join(part for part in lines if part) + "\n").encode("utf-8")


def _latex_text(words: str) -> str:
    return "".join(LATEX.get(letter, letter) for letter in " ".join(plain_text(words).split()))


def _chinese(content: Content) -> bool:
    cells = [
        content.title,
        content.note,
        *content.header,
        *content.units,
        *(c for row in content.rows for c in row),
    ]
    return any("\u2e80" <= letter <= "\uffef" for cell in cells for letter in str(cell))


def _markdown(content: Content) -> bytes:
    def line(cells) -> str:
        return "| " + " | ".join(_markdown_text(cell) for cell in cells) + " |"

    marks = "|" + "".join("--:|" if right else "---|" for right in content.numeric)
    parts = [f"**{_markdown_text(content.title)}**", ""] if content.title else []
    parts += [line(content.full_header), marks, *map(line, content.rows)]
    parts += ["", _markdown_text(content.note)] if content.note else []
    return ("\n".join(parts) + "\n").encode("utf-8")


def _markdown_text(words: str) -> str:
    flat = " ".join(plain_text(words).split())
    return "".join((MARKDOWN | {"$": "\\$"}).get(letter, letter) for letter in flat)


def _csv(content: Content) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    named = list(content.values.columns) != content.header and not content.rule
    writer.writerow(harmless(plain_text(name)) for name in (content.full_header if named or any(content.units)
                                                           else content.values.columns))  # fmt: skip
    for row in content.values.astype("object").itertuples(index=False, name=None):
        writer.writerow([_csv_cell(value) for value in row])
    return b"\xef\xbb\xbf" + buffer.getvalue().encode("utf-8")  # spreadsheets need the mark to read Chinese


def _csv_cell(value: object) -> str:
    if is_missing(value):
        return ""
    if is_number(value):
        return repr(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))
    return cell_text(value, 0) if isinstance(value, pd.Timestamp) else harmless(plain_text(value))


def _docx(content: Content) -> bytes:
    from analysis.publishing.word import word_bytes

    return word_bytes(content)


def _xlsx(content: Content) -> bytes:
    from analysis.publishing.excel import excel_bytes

    return excel_bytes(content)


_WRITERS = {".tex": _latex, ".docx": _docx, ".xlsx": _xlsx, ".csv": _csv, ".md": _markdown}
