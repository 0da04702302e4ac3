"""Estimates side by side as a table for publication: Markdown, HTML, LaTeX or Word."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

from analysis.display.effect_words import comparison_name, effect_digits
from analysis.display.html import Html
from analysis.display.html import table as html_table
from analysis.display.numbers import NO_VALUE
from analysis.display.text import Text
from analysis.effects import EffectEstimate, GroupTimeEffects
from analysis.errors import ReportError

FORMATS = ("markdown", "html", "latex", "docx")
LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{",
    "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}",
    ">": r"\textgreater{}", "−": r"$-$", "–": "--", "[": "{[}", "]": "{]}",
}  # fmt: skip
MARKDOWN = {"\\": "\\\\", "|": "\\|", "*": "\\*", "_": "\\_", "<": "&lt;", "[": "\\[", "]": "\\]"}


def effect_table(
    estimates: Mapping[str, EffectEstimate | GroupTimeEffects] | Sequence[EffectEstimate | GroupTimeEffects],
    format: str = "markdown",
    *,
    terms: Sequence[str] | None = None,
    language: str = "en",
    title: str = "",
    digits: int | None = None,
) -> str | bytes:
    """Put estimates into columns beside each other: figure, (standard error), [95 % interval], design.

    Parameters
    ----------
    estimates : mapping of name to estimate, or sequence
        The names head the columns; (1), (2), ... without names. Outcomes may differ: columns name theirs.
    format : {"markdown", "html", "latex", "docx"}
    terms : sequence of str, optional
        Rows of the estimates' tables to show; by default "overall", or the first where there is none. A term
        that an estimate lacks, or that is not identified, is a dash.
    language : {"en", "zh"}
    title : str
    digits : int, optional
        Decimals; by default so many that each column's standard error shows two digits.

    Returns
    -------
    str or bytes
        Text of the table; bytes of a whole file for Word (``Path("table.docx").write_bytes(...)``). LaTeX
        needs the package booktabs (and a font that holds Chinese for "zh"). No stars.

    Raises
    ------
    ReportError
        No estimates, an unknown format or language, a term that no estimate has, digits out of range.
    """
    _require(format in FORMATS, "There is no such format.", "argument format", format, ", ".join(FORMATS))
    header, rows, note = effect_cells(estimates, terms=terms, language=language, digits=digits)
    if format == "html":
        return Html(html_table(header, rows, caption=" ".join(filter(None, (title, note)))))
    if format == "docx":
        return _word(header, rows, title, note)
    return (_latex if format == "latex" else _markdown)(header, rows, title, note)


def effect_cells(
    estimates: Mapping[str, EffectEstimate | GroupTimeEffects] | Sequence[EffectEstimate | GroupTimeEffects],
    *,
    terms: Sequence[str] | None = None,
    language: str = "en",
    digits: int | None = None,
) -> tuple[list[str], list[list[str]], str]:
    """Return header, rows and note of the table of `effect_table`, as text; the last seven rows say what
    stands behind the figures.

    Raises
    ------
    ReportError
        As `effect_table`.
    """
    names, given = _read(estimates)
    _require(digits is None or digits in range(13), "So many decimals cannot be shown.", "argument digits",
             digits, "a whole number from 0 to 12")  # fmt: skip
    text = Text(language)
    found = {str(term) for one in given for term in one.table["term"]}
    lacking = [term for term in terms or () if term not in found]
    _require(not lacking, "No estimate has this term.", "argument terms", lacking[:1],
             ", ".join(sorted(found)[:12]))  # fmt: skip
    return ["", *names], _rows(given, names, terms, text, digits), text("effect_column.caption")


def _read(estimates) -> tuple[list[str], list[EffectEstimate]]:
    named = isinstance(estimates, Mapping)
    given = list(estimates.values() if named else estimates)
    fit = bool(given) and all(isinstance(one, EffectEstimate | GroupTimeEffects) for one in given)
    _require(fit, "Estimates are wanted.", "argument estimates", given[:1],
             "one estimate or more, as the estimators return them")  # fmt: skip
    names = [str(name) for name in estimates] if named else [f"({k + 1})" for k in range(len(given))]
    return names, [one.aggregate("overall") if isinstance(one, GroupTimeEffects) else one for one in given]


def _rows(given, names, terms, text: Text, digits: int | None) -> list[list[str]]:
    overall = text("effect.overall")
    shown = [(overall if term == "overall" else str(term), term) for term in terms or ()] or [(overall, None)]
    rows = []
    for label, term in shown:
        cells = [_cell(one, term, digits) for one in given]
        rows += [[label if k == 0 else "", *(cell[k] for cell in cells)] for k in range(3)]
    about = {
        "outcome": [text.measure(one.outcome).name for one in given],
        "estimator": [text.named("effect_estimator", one.estimator) for one in given],
        "comparison": [comparison_name(one, text) for one in given],
        "units": [f"{one.n_units:,}" for one in given],
        "treated": [f"{one.n_treated:,}" for one in given],
        "observations": [f"{one.n_obs:,}" for one in given],
        "clusters": [f"{one.n_clusters:,} ({text.named('cluster', one.cluster)})" for one in given],
    }
    return rows + [[text(f"effect_column.{key}"), *values] for key, values in about.items()]


def _cell(one: EffectEstimate, term: str | None, digits: int | None) -> tuple[str, str, str]:
    labels = one.table["term"].astype(str)
    wanted = labels == (term or "overall")
    if not wanted.any():
        if term is not None:
            return NO_VALUE, "", ""
        wanted = labels == labels.iloc[0]
    row = one.table[wanted].iloc[0]
    if not row["identified"]:
        return NO_VALUE, "", ""
    figures = [float(row[name]) for name in ("estimate", "std_error", "conf_low", "conf_high")]
    spread = figures[1] if figures[1] == figures[1] else abs(figures[0])
    places = effect_digits(spread / 10) if digits is None else digits
    shown = [f"{v:,.{places}f}".replace("-", "−") if v == v else NO_VALUE for v in figures]
    return shown[0], f"({shown[1]})", f"[{shown[2]}, {shown[3]}]"


def _markdown(header, rows, title: str, note: str) -> str:
    def line(cells) -> str:
        return "| " + " | ".join(_escape(cell, MARKDOWN) for cell in cells) + " |"

    marks = "|---|" + "--:|" * (len(header) - 1)
    parts = [f"**{_escape(title, MARKDOWN)}**", ""] if title else []
    return "\n".join([*parts, line(header), marks, *map(line, rows), "", note, ""])


def _latex(header, rows, title: str, note: str) -> str:
    def line(cells) -> str:
        return " & ".join(_escape(cell, LATEX) for cell in cells) + r" \\"

    figures = len(rows) - 7  # the last seven rows say what stands behind them
    parts = [r"\begin{table}", r"\centering"]
    parts += [rf"\caption{{{_escape(title, LATEX)}}}"] if title else []
    parts += [rf"\begin{{tabular}}{{l{'r' * (len(header) - 1)}}}", r"\toprule", line(header), r"\midrule"]
    parts += [line(row) for row in rows[:figures]] + [r"\midrule"] + [line(row) for row in rows[figures:]]
    parts += [r"\bottomrule", r"\end{tabular}", rf"\par\smallskip\footnotesize {_escape(note, LATEX)}"]
    return "\n".join([*parts, r"\end{table}", ""])


def _word(header, rows, title: str, note: str) -> bytes:
    from docx import Document
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml.ns import qn

    document = Document()
    fonts = document.styles["Normal"].element.get_or_add_rPr().get_or_add_rFonts()
    fonts.set(qn("w:eastAsia"), "SimSun")
    if title:
        document.add_heading(title, level=2)
    table = document.add_table(rows=0, cols=len(header), style="Light List")
    for number, row in enumerate([header, *rows]):
        for column, (cell, words) in enumerate(zip(table.add_row().cells, row, strict=True)):
            part = cell.paragraphs[0]
            part.add_run(words).bold = number == 0
            part.paragraph_format.space_after = 0
            if column:
                part.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    document.add_paragraph(note)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _escape(words: str, marks: dict[str, str]) -> str:
    return "".join(marks.get(letter, letter) for letter in str(words))


def _require(holds: bool, what: str, where: str, value: object, expected: str) -> None:
    if not holds:
        raise ReportError(what, where=where, value=value, expected=expected)
