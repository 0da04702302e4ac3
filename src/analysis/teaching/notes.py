"""The notes for the teacher, as text."""

from __future__ import annotations

from analysis.teaching.case import read_case

HEADINGS = {
    "en": ("Time", "min", "Calibrated with", "Sources", "Aims", "Pitfalls", "Discussion", "Extensions"),
    "zh": ("课时", "分钟", "设定依据", "资料来源", "教学目标", "易错之处", "课堂讨论", "延伸练习"),
}
LISTS = ("aims", "pitfalls", "discussion", "extensions")


def notes(slug: str, language: str) -> str:
    """Return the notes of a case in Markdown."""
    case = read_case(slug)
    time, unit, facts, sources, *headings = HEADINGS[language]
    lists = [(facts, [fact[language] for fact in case.data["facts"]])]
    lists += zip(headings, (case.data["notes"][language][name] for name in LISTS), strict=True)
    lists.append((sources, [source[language] for source in case.data["sources"]]))
    parts = [
        f"# {case.text('title', language)}",
        case.text("about", language),
        f"{time}: {case.minutes} {unit}",
    ]
    parts += [f"## {heading}\n" + "\n".join(f"- {line}" for line in lines) for heading, lines in lists]
    return "\n\n".join(parts)
