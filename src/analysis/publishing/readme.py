"""The README of a replication package, in the order of the Social Science Data Editors' template."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.display.text import Text
from analysis.publishing.data import DataFacts

REFERENCES = (
    "Borusyak, K., X. Jaravel and J. Spiess. 2024. Revisiting Event-Study Designs: Robust and Efficient "
    "Estimation. Review of Economic Studies 91(6): 3253-3285.",
    "Callaway, B. and P. H. C. Sant'Anna. 2021. Difference-in-Differences with Multiple Time Periods. "
    "Journal of Econometrics 225(2): 200-230.",
    "Hundepool, A., J. Domingo-Ferrer, L. Franconi, S. Giessing, E. Schulte Nordholt, K. Spicer and P.-P. de "
    "Wolf. 2012. Statistical Disclosure Control. Wiley.",
    "Rambachan, A. and J. Roth. 2023. A More Credible Approach to Parallel Trends. Review of Economic "
    "Studies 90(5): 2555-2591.",
    "Sun, L. and S. Abraham. 2021. Estimating Dynamic Treatment Effects in Event Studies with Heterogeneous "
    "Treatment Effects. Journal of Econometrics 225(2): 175-199.",
    "Vilhuber, L., M. Connolly, M. Koren, J. Llull and P. Morrow. 2022. A template README for social science "
    "replication packages (v1.1). https://doi.org/10.5281/zenodo.7293838",
)  # fmt: skip
PROGRAMS = ("00_run_all.py", "01_build_data.py", "02_study.py", "03_measures.py", "04_effects.py")
COMMANDS = (
    "python -m venv .venv",
    ".venv/bin/python -m pip install -r environment/requirements.lock",
    ".venv/bin/python -m pip install --no-deps software/{wheel}",
)


@dataclass(frozen=True)
class Told:
    """What the README tells of.

    Attributes
    ----------
    names : dict
        Language -> name of the study.
    facts : DataFacts
    mode : {"protected", "whole", "none"}
    inputs : list of dict
        file, rows, bytes, sha256 of the study's own files.
    span : (str, str) or None
        First and last period.
    missing : dict
        Family of measures -> tables that would bring it.
    python, wheel : str
    hashes, synthetic, reports : bool
        Whether the libraries are pinned with hashes; whether the study was simulated; whether there is a map
        of reports.
    seed : int
    seconds : float
        Of the first run of the programs.
    """

    names: dict[str, str]
    facts: DataFacts
    mode: str
    inputs: list[dict]
    span: tuple[str, str] | None
    missing: dict[str, tuple[str, ...]]
    python: str
    wheel: str
    hashes: bool
    synthetic: bool
    reports: bool
    seed: int
    seconds: float


def readme(root: Path, told: Told, language: str) -> str:
    """Return the README of the package in `root`, whose results are there."""
    text = Text(language)

    def say(key: str, **values) -> str:
        return text(f"publication_readme.{key}", **values)

    with (root / "results" / "exhibits.csv").open(encoding="utf-8", newline="") as file:
        exhibits = list(csv.DictReader(file))
    parts = [
        f"# {say('title', study=told.names[language])}",
        f"## {say('overview')}",
        _overview(told, exhibits, say, text),
    ]
    parts += [say("to_fill"), *_availability(told, say, text), *_datasets(told, say)]
    parts += _requirements(told, say) + _programs(say) + _instructions(told, say)
    parts += _exhibits(exhibits, say) + _not_here(told, say, text)
    parts += [f"## {say('references')}", "\n".join(f"- {one}" for one in REFERENCES)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _overview(told: Told, exhibits: list[dict], say, text: Text) -> str:
    made = [one["output"] for one in exhibits if one["output"]]
    counts = {kind: sum(f"results/{kind}/" in output for output in made) for kind in ("tables", "figures")}
    counts["study"] = told.names[text.language]
    if told.span is None:
        return say("overview_bare", **counts)
    first, last = (text.period(label) for label in told.span)
    facts = {"communities": told.facts.communities, "periods": told.facts.periods}
    size = "minutes" if told.seconds < 600 else "hour" if told.seconds < 3600 else "hours"
    return say("overview_text", first=first, last=last, minutes=say(size), **facts, **counts)


def _availability(told: Told, say, text: Text) -> list[str]:
    boxes = {"whole": "all_public", "protected": "some_public", "none": "none_public"}
    ticked = (
        None if told.mode == "whole" else boxes[told.mode]
    )  # whether raw data are public, authors must say
    named = text.listed(text.measure(name).name for name in told.facts.empty)
    sources = _table(
        [say(f"col_{name}") for name in ("file", "rows", "bytes", "sha", "provided")],
        ([f"`{one['file']}`", one["rows"], one["bytes"], f"`{one['sha256']}`",
          say("yes" if told.mode == "whole" else "no")] for one in told.inputs),
    )  # fmt: skip
    return [
        f"## {say('availability')}", say("synthetic" if told.synthetic else "provenance"),
        say(told.mode, hidden=f"{told.facts.hidden:,}"), say("empty", names=named) if named else "",
        f"### {say('rights')}", f"- [ ] {say('rights_use')}\n- [ ] {say('rights_share')}",
        f"### {say('data_licence')}", say("data_licence_text"),
        f"### {say('summary')}",
        "\n".join(f"- [{'x' if key == ticked else ' '}] {say(key)}" for key in boxes.values()),
        f"### {say('sources')}", say("sources_text"), sources, "" if told.synthetic else say("access"),
    ]  # fmt: skip


def _datasets(told: Told, say) -> list[str]:
    given = say("no" if told.mode == "none" else "yes")
    files = [[f"`data/analysis/{name}.csv`", "data/raw", say(f"{name}_csv"), given]
             for name in ("panel", "districts", "accounting")]  # fmt: skip
    header = [say(f"col_{name}") for name in ("file", "source", "notes", "provided")]
    return [f"## {say('datasets')}", _table(header, files)]


def _requirements(told: Told, say) -> list[str]:
    pinned = say("software_lock" if told.hashes else "software_pins", python=told.python, wheel=told.wheel)
    return [f"## {say('requirements')}", f"### {say('software')}", pinned, f"### {say('random')}",
            say("random_text", seed=told.seed), f"### {say('runtime')}", say("runtime_text")]  # fmt: skip


def _programs(say) -> list[str]:
    lines = [f"- `programs/{name}`: {say('program_' + name[:2])}" for name in PROGRAMS]
    lines.append(f"- `programs/settings.json`: {say('settings')}")
    return [f"## {say('programs')}", "\n".join(lines), f"### {say('code_licence')}", say("code_licence_text")]


def _instructions(told: Told, say) -> list[str]:
    steps = [] if told.mode == "whole" else [say("step_data" if told.mode == "none" else "step_raw")]
    install = "; ".join(f"`{command.format(wheel=told.wheel)}`" for command in COMMANDS)
    steps += [say("step_install") + install, say("step_run") + "`.venv/bin/python programs/00_run_all.py`",
              say("step_compare")]  # fmt: skip
    steps += [] if told.mode == "whole" else [say("step_codes")]
    return [f"## {say('instructions')}", "\n".join(f"{n}. {step}" for n, step in enumerate(steps, 1))]


def _exhibits(exhibits: list[dict], say) -> list[str]:
    header = [say(f"col_{name}") for name in ("exhibit", "title", "program", "line", "output", "notes")]
    rows = [[one["exhibit"], one["title"], f"`{one['program']}`", one["line"],
             _output(one["output"]), one["note"]]
            for one in exhibits]  # fmt: skip
    return [f"## {say('exhibits')}", f"- [x] {say('exhibits_all')}", _table(header, rows)]


def _output(names: str) -> str:
    """Return one file's name with the endings of the others that are called the same."""
    if not names:
        return ""
    stems, endings = zip(*(name.rsplit(".", 1) for name in names.split("; ")), strict=True)
    return f"`{stems[0]}` ({', '.join('.' + ending for ending in endings)})"


def _not_here(told: Told, say, text: Text) -> list[str]:
    facts, lines = told.facts, []
    lines += [] if facts.reforms else [say("no_reforms")]
    lines += [] if facts.estimated else [say("no_outcomes")]
    lines += [] if facts.outcomes or facts.measures else [say("no_measures")]
    lines += [
        say("no_family", family=text.named("family", family), tables=text.listed(f"`{t}`" for t in tables))
        for family, tables in told.missing.items()
    ]
    listed = "\n".join(f"- {line}" for line in lines)
    found = [f"## {say('not_here')}", listed] if lines else []
    return found + ([say("reports_map")] if told.reports else [])


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    def line(cells) -> str:
        return "| " + " | ".join(" ".join(str(c).replace("|", "\\|").split()) for c in cells) + " |"

    return "\n".join([line(header), "|" + "---|" * len(header), *map(line, rows)])
