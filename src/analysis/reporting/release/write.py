"""Releases as folders: public/ to hand out, internal/ to keep."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from analysis import __version__
from analysis.display.text import LANGUAGES, Text
from analysis.errors import ReportError
from analysis.files import replacing_folder, write_whole
from analysis.panel import KEYS
from analysis.privacy import Release, neutralise, noisy_counts
from analysis.privacy.generalise import Generalised
from analysis.reporting.release.panel import PublicPanel, public_panel
from analysis.reporting.release.people import public_people, risk_of
from analysis.reporting.release.presence import presence

PUBLIC, INTERNAL = "public", "internal"
LEDGER = "released.jsonl"
NAMED = ("city", "district", "street", "community")


def export_panel(study, out: Path, *, licence: str = "") -> PublicPanel:
    """Write the panel of communities and periods without small cells.

    Parameters
    ----------
    study : Study
    out : Path
        New or an earlier export; public/ holds panel, places, codebook, cells, rows and README.
    licence : str
        Under what terms the data may be used, in the words of those who hold them.
    """
    made = public_panel(study)
    texts = [Text(language) for language in LANGUAGES]
    known = int(made.cells["hidden"].sum() + made.cells["shown"].sum())
    words = {"hidden": f"{int(made.cells['hidden'].sum()):,}", "known": f"{known:,}"}
    said = [("panel_title", {}), ("made", {}), ("hidden", words)]
    said += [("left_out", {"names": made.left_out})] * bool(made.left_out) + [("with_reports", {})]
    said += [("beside_reports", {"told": f"{made.told:,}"})] * bool(made.told) + [("versions", {})]
    tables = {
        "panel": made.panel, "places": _places(study), "codebook": _codebook(made.panel, texts),
        "cells": made.cells, "rows": study.accounting,
    }  # fmt: skip
    _write(study, out, tables, _readme(study, texts, said, licence, tables), ("panel",))
    return made


def export_noisy(
    study,
    out: Path,
    *,
    epsilon: float,
    cells_per_person: int,
    measures: tuple[str, ...] = ("people_active",),
    licence: str = "",
    ledger: Path | None = None,
) -> tuple[Release, float]:
    """Write counts of people with differential privacy, and enter what they cost.

    Parameters
    ----------
    study : Study
    out : Path
    epsilon : float
        Privacy loss of all counts together.
    cells_per_person : int
        In how many places and periods of each measure a person counts at most.
    measures : tuple of str
        What is counted, of those that `presence` knows; they share the epsilon.
    licence : str
    ledger : Path, optional
        File with a line per release; this one is entered before anything is written.

    Returns
    -------
    (Release, float)
        And the epsilon of all releases of this study in the ledger, this one included.
    """
    places, periods = study.tree.communities, study.periods
    made = noisy_counts(
        _chosen(presence(study), measures),
        places,
        periods,
        epsilon=epsilon,
        cells_per_person=cells_per_person,
    )
    whole = made.budget.iloc[-1]
    spent = _enter(ledger, study, float(whole["epsilon"])) if ledger else float(whole["epsilon"])
    texts = [Text(language) for language in LANGUAGES]
    words = {
        "epsilon": f"{epsilon:g}", "factor": f"{math.exp(epsilon):.3g}", "scale": f"{whole['scale']:.4g}",
        "error": f"{int(whole['error_95']):,}", "cells": cells_per_person,
    }  # fmt: skip
    said = [("noisy_title", {}), ("made", {}), ("promise", words), ("no_promise", {})]
    tables = {"counts": made.counts, "places": _places(study), "codebook": _codebook(made.counts, texts),
              "budget": made.budget}  # fmt: skip
    readme = _readme(study, texts, said, licence, tables)
    _write(study, out, tables, readme, ("counts",), kept={"bounded": made.bounded})
    return made, spent


def export_people(study, out: Path, *, k: int, coarser: bool, licence: str = "") -> Generalised:
    """Write rows about people who cannot be told from fewer than `k` by what the rows say.

    Raises
    ------
    ReportError
        They can, and `coarser` is not set; or nobody is left.
    """
    made = public_people(study, k=k, coarser=coarser)
    if not len(made.people):
        raise ReportError(
            f"Nobody is like {k} others even in the coarsest rows.", where="people", value=made.rows_in,
            expected=f"{k} people or more", mend="Export the panel with --public instead.",
        )  # fmt: skip
    texts = [Text(language) for language in LANGUAGES]
    words = {
        "k": made.k,
        "steps": made.steps,
        "left_out": f"{made.left_out:,}",
        "people": f"{made.rows_in:,}",
    }
    said = [("people_title", {}), ("made", {}), ("classes", words)]
    tables = {"people": made.people, "places": _places(study), "codebook": _codebook(made.people, texts)}
    _write(study, out, tables, _readme(study, texts, said, licence, tables), ("people",))
    return made


def _write(
    study, out: Path, tables: dict, readme: str, main: tuple[str, ...], kept: dict | None = None
) -> None:
    """Write public/ and internal/ whole; an earlier export of the folder is replaced, nothing else is."""
    out = Path(out)
    strangers = [p.name for p in out.iterdir() if p.name not in (PUBLIC, INTERNAL)] if out.is_dir() else []
    if strangers or (out.exists() and not out.is_dir()):
        raise ReportError(
            "This folder holds other things than an export.", where=str(out), value=", ".join(strangers[:3]),
            expected="a new folder, or an earlier export", mend="Name a new folder.",
        )  # fmt: skip
    kept = dict(kept or {}) | ({"linkage": risk_of(study)} if study.has("people") else {})
    with replacing_folder(out) as draft:
        for folder, frames in ((PUBLIC, tables), (INTERNAL, kept)):
            (draft / folder).mkdir()
            for name, frame in frames.items():
                neutralise(frame).to_csv(
                    draft / folder / f"{name}.csv", index=False, encoding="utf-8-sig", lineterminator="\n"
                )
        for name in main:
            frame = tables[name].copy(deep=False)
            frame.attrs = {}
            frame.to_parquet(draft / PUBLIC / f"{name}.parquet", index=False)
        (draft / PUBLIC / "README.txt").write_text(readme, encoding="utf-8")


def _readme(study, texts: list[Text], said: list, licence: str, tables: dict) -> str:
    parts = []
    for text in texts:
        periods = study.periods
        facts = {
            "study": (study.name_zh if text.language == "zh" else "") or study.name,
            "version": __version__, "communities": len(study.tree.communities),
            "period": text(f"period.{study.period}"), "first": text.period(periods[0]) if periods else "–",
            "last": text.period(periods[-1]) if periods else "–",
        }  # fmt: skip
        lines = [text(f"release.{key}", **(facts | _listed(text, words))) for key, words in said]
        lines.append(text("release.licence", licence=licence or text("release.no_licence")))
        lines.append(text("release.files", names=", ".join(f"{name}.csv" for name in tables)))
        parts.append("\n\n".join(lines))
    return "\n\n----\n\n".join(parts) + "\n"


def _listed(text: Text, words: dict) -> dict:
    """Return words with lists of names or steps put into sentences."""
    names = {key: text.listed(text.named("release_step", v) if key == "steps" else v for v in value)
             for key, value in words.items() if isinstance(value, tuple)}  # fmt: skip
    return words | {key: value or text("release.nothing") for key, value in names.items()}


def _places(study) -> pd.DataFrame:
    places = study.places[study.places["kind"].isin(NAMED)]
    return places[["place_id", "kind", "parent_id", "name", "name_zh"]]


def _codebook(frame: pd.DataFrame, texts: list[Text]) -> pd.DataFrame:
    """Return column, en, zh, unit, rests_on: what every column means."""
    rows = []
    for name in frame.columns:
        stem, _, reform = name.partition("_")
        if stem in ("cohort", "dose") and name not in KEYS:
            said = [t(f"release_column.{stem}", name=reform) for t in texts]
            rows.append((name, *said, "", ""))
        elif name in texts[0].names("release_column"):
            rows.append((name, *(t(f"release_column.{name}") for t in texts), "", ""))
        else:
            labels = [t.measure(name) for t in texts]
            rows.append((name, *(label.name for label in labels), labels[0].kind, labels[0].counts))
    return pd.DataFrame(rows, columns=["column", *LANGUAGES, "unit", "rests_on"])


def _chosen(found: dict, measures: tuple[str, ...]) -> dict:
    unknown = [name for name in measures if name not in found]
    if unknown or not measures:
        raise ReportError(
            "There is no such count of people.", where="measures", value=", ".join(unknown),
            expected="one or more of " + ", ".join(found), mend="Use --measures people_active.",
        )  # fmt: skip
    return {name: found[name] for name in dict.fromkeys(measures)}


def _enter(ledger: Path, study, epsilon: float) -> float:
    """Enter a release and return what all releases of this study have cost together."""
    name = str(Path(study.path).resolve()) if study.path else study.name
    lines = ledger.read_text(encoding="utf-8").splitlines() if ledger.exists() else []
    try:
        before = [json.loads(text) for text in lines if text.strip()]
        spent = [float(entry["epsilon"]) for entry in before if entry["study"] == name]
    except (ValueError, KeyError, TypeError) as error:
        raise ReportError(
            "The account of earlier releases cannot be read.", where=str(ledger), value=error,
            expected="a line of JSON per release", mend="Mend the line, or take the file away to begin anew.",
        ) from error  # fmt: skip
    line = {"study": name, "epsilon": epsilon, "time": datetime.now(UTC).isoformat(timespec="seconds")}
    write_whole(ledger, "\n".join([*lines, json.dumps(line, ensure_ascii=False)]) + "\n")
    return math.fsum([*spent, epsilon])
