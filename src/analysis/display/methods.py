"""The page docs/methods/processes-and-burden.md, from the registries of measures.

Write it anew, in the folder of the repository, with: python -m analysis.display.methods
"""

from __future__ import annotations

from pathlib import Path

from analysis.burden import MEASURES as BURDEN
from analysis.burden import SERVICE
from analysis.processes import FUNDS, MATCHING, MEASURES, PROCEDURES

PAGE = Path("docs/methods/processes-and-burden.md")
HEAD = """# Processes and burden

<!-- Generated from the registries. Write it anew with: python -m analysis.display.methods -->

Every measure is given for each community, street and district, each period and the whole time ("all"), over
the rows that lie in the place, not over its communities' values; burden alone is a mean over communities.
The columns are place_id, period, measure, value, n, std_error.
"""


def methods_page() -> str:
    """Return the page as Markdown."""
    lines = [
        HEAD,
        "## Procedures",
        "",
        "| Procedure | Process | Steps in order (in brackets: not required) |",
        "|---|---|---|",
    ]
    for procedure in PROCEDURES:
        steps = ", ".join(s.name if s.required else f"({s.name})" for s in procedure.steps)
        lines.append(f"| {procedure.name} | {procedure.process} | {steps} |")
    lines += [
        "",
        "## Measures of processes",
        "",
        "`<process>` is consultation, request, contract, fund, budgeting or aid; not every process has them "
        "all.",
        "",
    ]
    general = {
        f"<process>_{m.name.partition('_')[2]}": m
        for m in MEASURES.values()
        if m.name != "consultation_breadth"
    }
    lines += _table({"consultation_breadth": MEASURES["consultation_breadth"]} | general)
    lines += ["", "## Measures of burden", ""]
    lines += _table(BURDEN | SERVICE)
    lines += ["", "## Measures of matching", ""]
    lines += _table(MATCHING)
    lines += ["", "## Measures of funds and their ledger", ""]
    lines += _table(FUNDS)
    return "\n".join(lines) + "\n"


def _table(measures: dict) -> list[str]:
    rows = ["| Measure | Formula | Unit | n counts | Source |", "|---|---|---|---|---|"]
    rows += [f"| `{name}` | {m.formula} | {m.unit} | {m.n} | {m.source} |" for name, m in measures.items()]
    return rows


if __name__ == "__main__":
    PAGE.write_text(methods_page(), encoding="utf-8")
