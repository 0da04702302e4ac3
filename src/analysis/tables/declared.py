"""Procedures from TOML: those a study declares, and those shipped in the same form."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Sequence
from dataclasses import fields, replace
from importlib.resources import files
from pathlib import Path

from analysis.errors import AnalysisError, StudyError
from analysis.tables.limits import inside, small_text
from analysis.tables.procedures import Procedure, ProcedureStep

FILE = "procedures.toml"


def read_procedures(path: str | Path) -> tuple[Procedure, ...]:
    """Read procedures from a TOML file.

    Parameters
    ----------
    path : path
        A file of ``[[procedure]]`` entries with name, process and steps, and if wanted name_zh, source and
        usual; or the folder of a study with a ``procedures.toml``. A step is the name of one, or a table of
        step, required, only_after, waived_for, by, within_days and since (see `ProcedureStep`).

    Returns
    -------
    tuple of Procedure
        In the order of the file.

    Raises
    ------
    StudyError
        The file is missing or no TOML, holds an unknown key, process, step, outcome, role or kind of
        organisation, two procedures of one name or two usual ones of a process, or a procedure that is none.
    """
    path = Path(path)
    file = path / FILE if path.is_dir() else path
    try:
        text = small_text(inside(path, file, str(file)) if path.is_dir() else file)
    except (OSError, UnicodeDecodeError) as error:
        raise StudyError(
            "The file of procedures cannot be read.", where=str(file), value=error,
            expected="a TOML file in UTF-8", mend="Check the path, or save the file again as UTF-8.",
        ) from error  # fmt: skip
    found = parse_procedures(text, str(file))
    for process in {procedure.process for procedure in found}:
        usual = [p.name for p in found if p.usual and p.process == process]
        if len(usual) > 1:
            raise StudyError(
                f"Two procedures are the usual one of the process {process!r}.", where=str(file),
                value=", ".join(usual), expected="usual = true for one of them", mend="Take one away.",
            )  # fmt: skip
    return found


def parse_procedures(text: str, where: str) -> tuple[Procedure, ...]:
    """Return the procedures of a TOML text; `where` names it in messages. Raises as `read_procedures`."""
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise StudyError(
            "The procedures are not valid TOML.", where=where, value=error,
            expected='[[procedure]] with name, process and steps = ["raised", ...]',
            mend="Correct the line that is named.",
        ) from error  # fmt: skip
    _check_keys(content, ("procedure",), where)
    entries = content.get("procedure", [])
    if not isinstance(entries, list) or not entries or not all(isinstance(e, dict) for e in entries):
        raise StudyError(
            "There is no procedure in the file.", where=where, expected="one [[procedure]] entry or more",
            mend="Declare one, or take the file away.",
        )  # fmt: skip
    found = tuple(_procedure(entry, f"{where} procedure {i}") for i, entry in enumerate(entries, 1))
    check_names(found, where)
    return found


def with_shipped(own: Sequence[Procedure]) -> tuple[Procedure, ...]:
    """Return a study's own procedures with those shipped: the first of each process is its usual one."""
    usual = [procedure for procedure in own if procedure.usual]
    return (*usual, *shipped(), *(procedure for procedure in own if not procedure.usual))


def shipped() -> tuple[Procedure, ...]:
    """Return the procedures that come with the package."""
    if not _SHIPPED:
        text = files(__package__).joinpath(FILE).read_text(encoding="utf-8")
        _SHIPPED.extend(parse_procedures(text, FILE))
    return tuple(_SHIPPED)


_SHIPPED: list[Procedure] = []


def check_names(procedures: Sequence[Procedure], where: str) -> None:
    """Raise StudyError if two procedures answer to one name."""
    seen: set[str] = set()
    for procedure in procedures:
        for name in {plain_name(procedure.name), plain_name(procedure.name_zh)} - {""}:
            if name in seen:
                raise StudyError(
                    "Two procedures have one name.", where=where, value=name,
                    expected="a name that no other procedure has, the shipped ones included",
                    mend="Give one of them another name.",
                )  # fmt: skip
            seen.add(name)


def by_name(procedures: Sequence[Procedure]) -> dict[tuple[str, str], Procedure]:
    """Return each procedure under (process, key of its names), and the usual ones under (process, "")."""
    found = {(p.process, plain_name(name)): p for p in procedures for name in (p.name, p.name_zh) if name}
    return found | {(p.process, ""): p for p in reversed(procedures)}


def plain_name(name: str) -> str:
    """Return a procedure's name as it is compared: without case and outer blanks."""
    return " ".join(name.split()).casefold()


def _procedure(entry: dict, where: str) -> Procedure:
    _check_keys(entry, tuple(field.name for field in fields(Procedure)), where)
    for name, kind in (("name", str), ("process", str), ("steps", list)):
        if not isinstance(entry.get(name), kind) or not entry[name]:
            raise StudyError(
                f"A procedure has no {name}.", where=where, value=entry.get(name),
                expected="a list of steps" if kind is list else "a text", mend=f"Write {name} = ...",
            )  # fmt: skip
    steps = tuple(_step(step, where) for step in entry["steps"])
    texts = {name: entry[name] for name in ("name_zh", "source", "usual") if name in entry}
    for name, value in texts.items():
        kind, words = (bool, "true or false") if name == "usual" else (str, "a text")
        if not isinstance(value, kind):
            raise StudyError(
                f"The {name} of a procedure is none.", where=where, value=value, expected=words,
                mend=f"Write {words}.",
            )  # fmt: skip
    try:
        return Procedure(entry["name"], entry["process"], steps, **texts)
    except AnalysisError as error:
        raise StudyError(
            error.what, where=where, value=error.value, expected=error.expected, mend=error.mend
        ) from error


def _step(entry: object, where: str) -> ProcedureStep:
    if isinstance(entry, str):
        return ProcedureStep(entry)
    kinds = {"required": bool, "only_after": str, "waived_for": list, "by": list,
             "within_days": (int, float), "since": str}  # fmt: skip
    if not isinstance(entry, dict) or not isinstance(entry.get("step"), str):
        raise StudyError(
            "A step is neither a name nor a table with one.", where=where, value=entry,
            expected='"raised" or { step = "raised", required = false }', mend="Write it in this form.",
        )  # fmt: skip
    _check_keys(entry, ("step", *kinds), where)
    for name, kind in kinds.items():
        if name in entry and not isinstance(entry[name], kind):
            raise StudyError(
                f"The {name} of the step {entry['step']!r} cannot be read.", where=where, value=entry[name],
                expected="as in procedures.toml of the package", mend="Correct it, or leave it out.",
            )  # fmt: skip
    given = {name: tuple(v) if isinstance(v, list) else v for name, v in entry.items() if name != "step"}
    return replace(ProcedureStep(entry["step"]), **given)


def _check_keys(part: dict, known: tuple[str, ...], where: str) -> None:
    for name in part:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise StudyError(
                "The procedures hold an unknown key.", where=where, value=name,
                expected="one of " + ", ".join(known),
                mend=f"Did you mean {near[0]!r}?" if near else "Remove it, or use one of these.",
            )  # fmt: skip
