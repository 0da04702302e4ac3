"""Small pieces of HTML; every text is escaped here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from html import escape
from unicodedata import east_asian_width

MADE: ContextVar[Callable[[str], str] | None] = ContextVar("made", default=None)  # told of tables and figures

LONGEST_NUMBER = 28  # letters wide: "−1,234.56 – 1,234.56" and the like; a Chinese character takes two


class Html(str):
    """Text that is HTML already; shows itself in a notebook."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return str(self)

    def _repr_pretty_(self, printer, cycle: bool) -> None:
        """Say how much there is where HTML is not shown: a whole section would fill a notebook twice."""
        printer.text(f"HTML of {len(self):,} characters")


def text(content: object) -> str:
    """Return `content` safe to stand in HTML."""
    return content if isinstance(content, Html) else escape(str(content))


def element(tag: str, *content: object, **attributes: object) -> Html:
    """Return an element; `class_="x"` gives class="x", other underscores become hyphens."""
    names = {key: key.rstrip("_").replace("_", "-") for key in attributes}
    marks = "".join(f' {names[k]}="{escape(str(v))}"' for k, v in attributes.items() if v is not None)
    return Html(f"<{tag}{marks}>{''.join(text(part) for part in content)}</{tag}>")


def paragraph(*content: object, **attributes: object) -> Html:
    """Return a paragraph."""
    return element("p", *content, **attributes)


def bullets(items: Iterable[object]) -> Html:
    """Return an unordered list; nothing for no items."""
    found = [element("li", item) for item in items]
    return element("ul", *found) if found else Html("")


def table(
    header: Sequence[str], rows: Iterable[Sequence[object]], *, caption: str = "", numeric_from: int = 1
) -> Html:
    """Return a table; a row's first cell is its header, numbers from column `numeric_from` on stand right.

    A row of one cell heads the rows after it.
    """
    rows = [tuple(row) for row in rows]
    right = {
        column for column in range(max(numeric_from, 1), len(header))
        if _holds_numbers(row[column] for row in rows if len(row) > column)
    }  # fmt: skip
    names = [
        element("th", name, scope="col", class_="number" if column in right else None)
        for column, name in enumerate(header)
    ]
    body = []
    for row in rows:
        if len(row) == 1:
            over = element("th", row[0], scope="rowgroup", colspan=len(header))
            body.append(element("tr", over, class_="group"))
            continue
        cells = [
            element("th", cell, scope="row")
            if column == 0
            else element("td", cell, class_=_kind(cell) if column in right else None)
            for column, cell in enumerate(row)
        ]
        body.append(element("tr", *cells))
    parts = [element("caption", caption)] if caption else []
    parts += [element("thead", element("tr", *names)), element("tbody", *body)]
    return element("table", *parts, data_source=mark("table"))


def _kind(cell: object) -> str:
    """Return the class of a cell among numbers; a sentence in place of one may take several lines."""
    width = sum(2 if east_asian_width(letter) in "WF" else 1 for letter in str(cell))
    return "number said" if width > LONGEST_NUMBER else "number"


def mark(kind: str) -> str | None:
    """Tell whoever follows the making of tables and figures (`MADE`); return the mark this one is to bear."""
    made = MADE.get()
    return made(kind) if made else None


def _holds_numbers(cells: Iterable[object]) -> bool:
    """Whether most cells begin as numbers, intervals or dashes do."""
    texts = [str(cell) for cell in cells if cell != ""]
    numbers = sum(text[0].isdigit() or text[0] in "[+−-–<>∞p不(" for text in texts)
    return 2 * numbers >= len(texts)


def section(identifier: str, heading: str, *content: object) -> Html:
    """Return a section with a heading of level 2."""
    return element("section", element("h2", heading), *content, id=identifier)
