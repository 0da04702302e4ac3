"""A data frame as a table to read: units, digits, names people know; sorted and filtered where it is long."""

from __future__ import annotations

import hashlib
import json
from itertools import groupby

import pandas as pd

from analysis.display.html import Html, element
from analysis.display.rich.columns import (
    Column,
    columns_of,
    measure_name,
    of_row,
    row_kinds,
    sort_key,
    takes_row_kind,
    write_text,
)  # fmt: skip
from analysis.display.rich.language import words
from analysis.display.text import Text
from analysis.errors import ReportError

SHORT = 10  # rows that need no search
PAGE = 20
MOST_ROWS, MOST_CELLS, MOST_COLUMNS = 500, 6000, 60
UNITS = ("days", "hours", "yuan")

STYLE = """<style>
.gongzhi { max-width: 100%; overflow-x: auto; margin: 0.3em 0 0.8em; font-size: 0.95em; }
.gongzhi table { border-collapse: collapse; margin: 0; font-variant-numeric: tabular-nums; }
.gongzhi caption { caption-side: top; text-align: left; padding: 0.2em 0; font-weight: 600; color: inherit; }
.gongzhi table th, .gongzhi table td { text-align: left !important; vertical-align: top;
  padding: 0.2em 0.8em 0.2em 0; border: 0; white-space: nowrap; max-width: 38em; }
.gongzhi table th.number, .gongzhi table td.number { text-align: right !important; }
.gongzhi table .said { white-space: normal; min-width: 14em; }
.gongzhi thead tr:last-child th { border-bottom: 1px solid #9aa5ae; }
.gongzhi tbody th { font-weight: 600; }
.gongzhi tbody tr { border-bottom: 1px solid rgba(154, 165, 174, 0.25); background: none !important; }
.gongzhi small, .gongzhi .note { font-size: 0.85em; font-weight: 400; opacity: 0.75; }
.gongzhi p { margin: 0.3em 0; max-width: 52em; }
.gongzhi .dt-container { display: inline-block; min-width: 26em; max-width: 100%; }
.gongzhi table.dataTable { width: auto !important; margin: 0 !important; }
.gongzhi .dt-container select, .gongzhi .dt-container input { padding: 0.1em 0.3em !important; }
.gongzhi summary { cursor: pointer; }
</style>"""


def show_table(
    frame: pd.DataFrame, caption: str = "", *, rows: int = MOST_ROWS, sortable: bool | None = None
) -> Html:
    """Show a data frame as a table: units, digits as people read them, sorting and search where it is long.

    Parameters
    ----------
    frame : DataFrame
        Any. Columns and rows named as measures get their unit and digits from the list of measures; shares
        are written in percent, p-values never below 0.001, a missing value as a dash. The frame is untouched.
    caption : str
    rows : int, default 500
        Rows shown at most, of wide tables fewer; the table says how many there are.
    sortable : bool, optional
        Whether to offer sorting, search and pages; by default from 11 rows on. It takes `%load_ext analysis`
        in the same notebook; without, and where no script may run, the whole table stands there.

    Returns
    -------
    Html
        A string that shows itself; it asks nothing of any network.

    Raises
    ------
    ReportError
        `frame` is no data frame.
    """
    if isinstance(frame, pd.Series):
        frame = frame.to_frame(frame.name if frame.name is not None else "value")
    if not isinstance(frame, pd.DataFrame):
        raise ReportError(
            "Only a data frame can be shown as a table.", where="argument frame", value=type(frame).__name__,
            expected="a pandas DataFrame or Series", mend="Give the frame itself, such as estimate.table.",
        )  # fmt: skip
    text = words()
    shown, note = _cut(frame, rows, text)
    long = len(shown) > SHORT if sortable is None else sortable
    attributes = {"border": "0"}
    body = [element("caption", caption)] if caption else []
    body += [_head(shown, text), _body(shown, text)]
    inside = Html("".join(body))
    script = Html("")
    if long:
        attributes["id"] = "gongzhi-" + hashlib.sha256(inside.encode()).hexdigest()[:12]
        script = sorting(attributes["id"], len(shown))
    parts = [element("table", inside, **attributes), script]
    parts += [element("p", note, class_="note")] if note else []
    return element("div", *parts, class_="gongzhi")


def sorting(identifier: str, rows: int) -> Html:
    """Return the script that lets a table sort, search and turn pages, once the bundle is there."""
    from itables import __version__

    said = ("search", "info", "infoEmpty", "infoFiltered", "lengthMenu", "zeroRecords")

    name, event = (
        f"_itables_{__version__.replace('.', '_').replace('-', '_')}",
        f"itables-{__version__}-ready",
    )
    top = {"topStart": "info", "topEnd": "search", "bottomStart": None, "bottomEnd": None}
    if rows > PAGE:
        top |= {"bottomStart": "pageLength", "bottomEnd": "paging"}
    options = {
        "classes": ["display", "compact"], "order": [], "pageLength": PAGE, "layout": top, "autoWidth": False,
        "lengthMenu": [PAGE, 25, 100, {"label": words()("rich.all"), "value": -1}],
        "language": {key: words()(f"rich_table.{key}") for key in said},
    }  # fmt: skip
    return Html(
        '<script type="module">(() => {'
        f"const start = async () => {{ const {{ ITable }} = await window.{name};"
        f'document.querySelectorAll("#{identifier}:not(.dataTable)").forEach('
        f"(table) => new ITable(table, {json.dumps(options, ensure_ascii=False)})); }};"
        f'window.{name} ? start() : window.addEventListener("{event}", start);'
        "})()</script>"
    )


def _cut(frame: pd.DataFrame, rows: int, text: Text) -> tuple[pd.DataFrame, str]:
    """Return what is shown of a frame, and what the rest is."""
    shown = frame.iloc[:, :MOST_COLUMNS]
    most = min(rows, max(SHORT, MOST_CELLS // max(shown.shape[1], 1)))
    shown = shown.iloc[:most]
    said = []
    if len(shown) < len(frame):
        said.append(text("rich.rows", shown=f"{len(shown):,}", all=f"{len(frame):,}"))
    if shown.shape[1] < frame.shape[1]:
        names = ", ".join(str(name) for name in frame.columns[MOST_COLUMNS : MOST_COLUMNS + 6])
        said.append(text("rich.columns", shown=shown.shape[1], all=frame.shape[1], names=names))
    if not len(frame):
        said.append(text("rich.empty"))
    return shown, " ".join(said)


def _has_index(frame: pd.DataFrame) -> bool:
    index = frame.index
    return not (isinstance(index, pd.RangeIndex) or (index.nlevels == 1 and index.name is None
                and pd.api.types.is_integer_dtype(index.dtype)))  # fmt: skip


def _head(frame: pd.DataFrame, text: Text) -> Html:
    """Return the header: one row per level of column names, the last with units."""
    columns, kinds = frame.columns, columns_of(frame, text)
    index_names = [str(name or "") for name in frame.index.names] if _has_index(frame) else []
    levels, rows = columns.nlevels, []
    for level in range(levels):
        last = level == levels - 1
        off = {} if last else {"data_dt_order": "disable"}
        cells = [
            element("th", name if last else "", scope="col" if last else None, **off) for name in index_names
        ]
        labels = [str(label) if label == label else "" for label in columns.get_level_values(level)]
        if last:
            cells += [_column_head(label, kind, text) for label, kind in zip(labels, kinds, strict=True)]
        else:
            for label, same in groupby(labels):
                cells.append(element("th", label, colspan=len(list(same)), data_dt_order="disable"))
        rows.append(element("tr", *cells))
    return element("thead", *rows)


def _column_head(label: str, kind: Column, text: Text) -> Html:
    said = [text.named("rich_unit", kind.kind)] if kind.kind in UNITS else []
    name = measure_name(label, text) if kind.is_number else ""
    below = (
        Html(f"<br>{element('small', ', '.join([name, *said] if name else said))}") if name or said else ""
    )
    return element("th", label, below, scope="col", class_="number" if kind.is_number else None)


def _body(frame: pd.DataFrame, text: Text) -> Html:
    kinds, by_row = columns_of(frame, text), row_kinds(frame, text)
    follows = [takes_row_kind(name, kind, frame) for name, kind in zip(frame.columns, kinds, strict=True)]
    index = list(frame.index) if _has_index(frame) else None
    values = [frame.iloc[:, at].tolist() for at in range(frame.shape[1])]
    several = {
        at for at, cells in enumerate(values) if not kinds[at].is_number and len(set(map(str, cells))) > 1
    }
    lines = []
    for row in range(len(frame)):
        heads = [] if index is None else list(index[row] if isinstance(index[row], tuple) else (index[row],))
        cells = [_head_cell(value, name, text) for value, name in zip(heads, frame.index.names, strict=False)]
        known = by_row[row] if by_row is not None else None
        for at, kind in enumerate(kinds):
            value = values[at][row]
            used = of_row(known, value) if by_row is not None and follows[at] else kind
            cells.append(_cell(value, used, frame.columns[at] if at in several else None, text))
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return element("tbody", Html("".join(lines)))


def _head_cell(value: object, name: object, text: Text) -> Html:
    called = measure_name(value, text) if name in ("measure", "indicator") else ""
    below = Html(f"<br>{element('small', called)}") if called else ""
    return element("th", write_text(value), below, scope="row")


def _cell(value: object, kind: Column, name: object, text: Text) -> Html:
    if not kind.is_number:
        written = kind.write(value)
        called = measure_name(value, text) if name in ("measure", "indicator") else ""
        below = Html(f"<br>{element('small', called)}") if called else ""
        return element("td", written, below, class_="said" if len(written) > 40 else None)
    key = sort_key(value)
    return element("td", kind.write(value), class_="number", data_order=None if key is None else f"{key}")
