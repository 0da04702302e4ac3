"""The page of feedback that a student gets."""

from __future__ import annotations

import os
import re
from html import escape
from pathlib import Path

from analysis.teaching.case import LANGUAGES
from analysis.teaching.checking import words
from analysis.teaching.grading.marking import Marked, Question, questions

STYLE = """body{font-family:system-ui,"Noto Sans SC","Microsoft YaHei",sans-serif;
max-width:46em;margin:2em auto;
padding:0 1em;line-height:1.5;color:#222}h1{font-size:1.4em}h2{font-size:1.05em;margin:1.2em 0 .2em}
section{border-left:4px solid #999;padding:.1em 1em;margin:.8em 0}.right{border-color:#0072B2}
.wrong{border-color:#D55E00}p{margin:.3em 0}pre{white-space:pre-wrap;background:#f5f5f5;padding:.6em}
blockquote{white-space:pre-wrap;background:#f5f5f5;padding:.6em;margin:.3em 0}
h2{display:flex;justify-content:space-between;gap:1em}.points{font-weight:normal;white-space:nowrap}
@media print{section{break-inside:avoid}}"""


def write_page(result: Marked, out: Path, language: str | None = None) -> Path:
    """Write the page of one submission as OUT/<student>-<case or name of the file>.html."""
    stem = Path(result.file).stem
    what = result.case.slug if result.case and stem == result.student else stem
    file = out / f"{_safe(result.student)}-{_safe(what)}.html"
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
        kind, sign = "", ""
        written = result.answers.get(question.name)
        said = f"<p>{_say(codes, 'by_hand' if written else 'missing')}</p>"
        said += f"<blockquote>{escape(written)}</blockquote>" if written else ""
    else:
        kind, sign = ("right", "✓ ") if points else ("wrong", "✗ ")
        texts = result.hints.get(question.name, dict.fromkeys(LANGUAGES, ""))
        said = f"<p>{_each(codes, texts, '<br>')}</p>"
    given = "–" if points is None else _number(points)
    mark = _say(codes, "points", points=given, most=_number(question.points))
    words = re.sub("`([^`]+)`", r"<code>\1</code>", _each(codes, question.title))
    title = f"<span>{sign}{words}</span>"
    return f'<section class="{kind}"><h2>{title}<span class="points">{mark}</span></h2>{said}</section>'


def _each(codes: list[str], texts: dict[str, str], between: str = " · ") -> str:
    return between.join(escape(texts.get(code, "")) for code in codes)


def _say(codes: list[str], name: str, **values: str) -> str:
    texts = words(f"page_{name}")
    return " · ".join(escape(texts[code].format(**values)) for code in codes)


def _number(value: float) -> str:
    return f"{value:g}"


def _safe(name: str) -> str:
    return re.sub(r"[^\w.-]+", "_", name).strip(".") or "_"
