"""The page of feedback that a student gets."""

from __future__ import annotations

import os
import re
import tomllib
from functools import cache
from html import escape
from pathlib import Path

from analysis.teaching.case import LANGUAGES
from analysis.teaching.grading.marking import Marked, Question, questions

STYLE = """body{font-family:system-ui,"Noto Sans SC","Microsoft YaHei",sans-serif;
max-width:46em;margin:2em auto;
padding:0 1em;line-height:1.5;color:#222}h1{font-size:1.4em}h2{font-size:1.05em;margin:1.2em 0 .2em}
section{border-left:4px solid #999;padding:.1em 1em;margin:.8em 0}.right{border-color:#0072B2}
.wrong{border-color:#D55E00}p{margin:.3em 0}pre{white-space:pre-wrap;background:#f5f5f5;padding:.6em}
.points{float:right;font-weight:normal}@media print{section{break-inside:avoid}}"""


def write_page(result: Marked, out: Path, language: str | None = None) -> Path:
    """Write the page of one submission as OUT/<student>-<case>.html."""
    file = out / f"{_safe(result.student)}-{result.case.slug if result.case else _safe(result.file)}.html"
    part = file.with_name(file.name + ".part")
    part.write_text(page(result, language), encoding="utf-8")
    os.replace(part, file)
    return file


def page(result: Marked, language: str | None = None) -> str:
    """Return the page as HTML; everything a student wrote is escaped."""
    codes = [language] if language else list(LANGUAGES)
    title = _each(codes, result.case.data["title"]) if result.case else escape(result.file)
    asked = questions(result.case.slug) if result.case else ()
    automatic = sum(q.points for q in asked if not q.by_hand)
    rows = [f"<h1>{title}</h1>", f"<p><b>{escape(result.student)}</b></p>"]
    if result.case:
        rows.append(f"<p>{_say(codes, 'total', points=_number(result.total), most=_number(automatic))}</p>")
    if result.status != "finished":
        rows.append(f"<p><b>{_say(codes, 'status_' + result.status)}</b></p>")
    rows += [_section(result, question, codes) for question in asked]
    if result.errors:
        errors = "\n".join(escape(line) for line in result.errors)
        rows.append(f"<h2>{_say(codes, 'errors')}</h2><pre>{errors}</pre>")
    head = f'<meta charset="utf-8"><title>{escape(result.student)}</title><style>{STYLE}</style>'
    lang = {"en": "en", "zh": "zh-CN"}[codes[0]]
    return f'<!DOCTYPE html><html lang="{lang}"><head>{head}</head><body>{"".join(rows)}</body></html>\n'


def _section(result: Marked, question: Question, codes: list[str]) -> str:
    points = result.points.get(question.name)
    if question.by_hand:
        kind, words = "", _say(codes, "by_hand")
        words += f"<pre>{escape(result.answers.get(question.name, ''))}</pre>"
        mark = _say(codes, "points", points="–", most=_number(question.points))
    else:
        kind = "right" if points else "wrong"
        words = _each(codes, result.hints.get(question.name, dict.fromkeys(LANGUAGES, "")), "<br>")
        mark = _say(codes, "points", points=_number(points or 0), most=_number(question.points))
    heading = f'<h2>{_each(codes, question.title)} <span class="points">{mark}</span></h2>'
    return f'<section class="{kind}">{heading}<p>{words}</p></section>'


def _each(codes: list[str], texts: dict[str, str], between: str = " · ") -> str:
    return between.join(escape(texts.get(code, "")) for code in codes)


@cache
def _texts() -> dict[str, dict[str, str]]:
    return tomllib.loads((Path(__file__).parents[1] / "words.toml").read_text(encoding="utf-8"))


def _say(codes: list[str], name: str, **values: str) -> str:
    texts = _texts()[f"page_{name}"]
    return " · ".join(escape(texts[code].format(**values)) for code in codes)


def _number(value: float) -> str:
    return f"{value:g}"


def _safe(name: str) -> str:
    return re.sub(r"[^\w.-]+", "_", name).strip(".") or "_"
