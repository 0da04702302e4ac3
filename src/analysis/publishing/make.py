"""A replication package: data that may be handed on, programs, environment, results, proof of a run."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
from importlib.resources import files
from pathlib import Path

from analysis import __version__
from analysis.display.text import LANGUAGES, Text
from analysis.errors import AnalysisError
from analysis.files import replacing_folder
from analysis.panel import missing_tables
from analysis.privacy import neutralise
from analysis.publishing import proof
from analysis.publishing.codebook import write_codebook, write_report_map
from analysis.publishing.data import DataFacts, build_data
from analysis.publishing.package import SETTINGS
from analysis.publishing.pinned import licence, requirements, write_wheel
from analysis.publishing.readme import PROGRAMS, Told, readme
from analysis.publishing.sources import copy_study, input_files
from analysis.tables.check import open_study
from analysis.tables.study import Study

MODES = ("protected", "whole", "none")
MARKER, MAKER = "package.json", "gongzhi replicate"
SUMS = "CHECKSUMS.sha256"
LOG = "logs/proof.log"


def replicate(
    study: str | Path | Study,
    out: str | Path,
    *,
    data: str = "protected",
    report: str | Path | None = None,
    language: str = "en",
    seed: int = 0,
) -> Path:
    """Write a replication package of a study, run its programs in a fresh process, and compare.

    Parameters
    ----------
    study : path or Study
        A study folder, or a study opened from one.
    out : path
        Folder to write. It is there when the package is complete and proved, and not before. An earlier
        package there is replaced; anything else is refused.
    data : {"protected", "whole", "none"}
        Measures of places without anything small (`build_data`); the study's own files with rows about
        people, for restricted archives; no data.
    report : path, optional
        Folder of a run of `gongzhi report`: for each table and figure of its reports the package then says
        which functions and frames it rests on.
    language : {"en", "zh"}
        Of tables and figures; the README is written in both.
    seed : int
        Of every draw.

    Returns
    -------
    Path
        The folder: README.md, README_zh.md, LICENSE.txt, data/, codebook/, programs/, environment/,
        software/, results/ with the map of tables and programs, logs/proof.log, CHECKSUMS.sha256.
        Everything but the log has the same bytes each time.

    Raises
    ------
    StudyError
        The study cannot be opened.
    AnalysisError
        `out` is something else already, or lies in the study; a program failed; the second run gave other
        results than the first.
    """
    _require(data in MODES, "There is no such way to include data.", "argument data", data, ", ".join(MODES))
    Text(language)
    out = Path(out).absolute()
    _check_target(out, study.path if isinstance(study, Study) else Path(study))
    study = study if isinstance(study, Study) else open_study(study)
    _require(study.path is not None, "The study was made in memory.", "argument study", study.name,
             "a study that was opened from a folder")  # fmt: skip
    with replacing_folder(out) as draft:
        _write(study, draft, data, report, language, seed)
    return out


def _write(study: Study, root: Path, mode: str, report, language: str, seed: int) -> None:
    inputs = input_files(study)
    if mode == "whole":
        copy_study(study, root / "data" / "raw")
    facts = build_data(study, root / "data" / "analysis", protect=mode != "whole")
    if mode == "whole":
        shutil.rmtree(root / "data" / "analysis")  # the programs make it
    _write_rows(root / "data" / "inputs.csv", inputs, ("file", "rows", "bytes", "sha256"))
    _write_programs(root, study, facts, language, seed)
    pins, hashes = requirements()
    wheel = write_wheel(root / "software")
    for path, words in (
        ("environment/requirements.lock", pins),
        ("environment/python-version.txt", platform.python_version() + "\n"),
        ("LICENSE.txt", licence()),
    ):  # fmt: skip
        _text(root / path, words)
    write_codebook(root / "codebook", study, facts)
    if report is not None:
        write_report_map(root / "codebook" / "report_map.csv", Path(report))
    _, seconds = proof.run_programs(root)
    told = Told(
        {"en": study.name, "zh": study.name_zh or study.name}, facts, mode, inputs,
        (study.periods[0], study.periods[-1]) if study.periods else None, missing_tables(study),
        ".".join(platform.python_version_tuple()[:2]), wheel.name, hashes,
        (study.path / "truth.json").is_file(), report is not None, seed, seconds,
    )  # fmt: skip
    for tongue, name in zip(LANGUAGES, ("README.md", "README_zh.md"), strict=True):
        _text(root / name, readme(root, told, tongue))
    about = {"made_by": MAKER, "gongzhi": __version__, "study": study.name, "data": mode,
             "language": language, "seed": seed}  # fmt: skip
    _text(root / MARKER, json.dumps(about, ensure_ascii=False, indent=1) + "\n")
    _write_sums(root)
    _prove(root)
    if mode == "none":
        shutil.rmtree(root / "data" / "analysis")


def _write_programs(root: Path, study: Study, facts: DataFacts, language: str, seed: int) -> None:
    source = files("analysis.publishing") / "programs"
    for name in PROGRAMS:
        _text(root / "programs" / name, (source / name).read_text(encoding="utf-8"))
    settings = {
        "study": study.name, "period": study.period, "language": language, "seed": seed,
        "protected": facts.protected, "outcomes": facts.outcomes, "measures": facts.measures,
        "reforms": facts.reforms, "estimated": facts.estimated, "exhibits": _plan(facts),
    }  # fmt: skip
    _text(root / "programs" / SETTINGS, json.dumps(settings, ensure_ascii=False, indent=1) + "\n")


def _plan(facts: DataFacts) -> list[dict]:
    """Return the tables and figures of the package in their order."""
    names = [("accounting", "table")]
    names += [("adoption", "table")] if facts.reforms else []
    if facts.outcomes or facts.measures:
        names += [("summary", "table"), ("districts", "table"), ("courses", "figure")]
    for reform in facts.reforms if facts.estimated else []:
        kinds = (("effects", "table"), ("event_time", "figure"), ("others", "table"), ("checks", "table"))
        names += [(f"{name}.{reform}", kind) for name, kind in kinds]
    return [{"name": name, "kind": kind} for name, kind in names]


def _prove(root: Path) -> None:
    found, printed, seconds = proof.prove(root)
    lines = [f"{name}: {value}" for name, value in proof.machine().items()]
    lines += ["", printed.strip(), "", f"seconds by the clock: {seconds:.1f}", ""]
    lines += [f"same bytes: {len(found.same)} files"]
    lines += [f"same numbers within {proof.CLOSE:g}: {name}" for name in found.close]
    lines += [f"different: {name}" for name in found.different]
    if found.different:
        raise AnalysisError(
            "The programs gave other results when they were run a second time.", where="results/",
            value=", ".join(found.different[:3]), expected=f"the same, as in {len(found.same)} other files",
            mend="Try again with nothing else changing the installation; if it stays, please report this.",
        )  # fmt: skip
    _text(root / LOG, "\n".join(lines) + "\n")


def _write_sums(root: Path) -> None:
    lines = []
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_file() and not name.startswith("logs/") and name != SUMS:
            with path.open("rb") as stream:
                lines.append(f"{hashlib.file_digest(stream, 'sha256').hexdigest()}  {name}")
    _text(root / SUMS, "\n".join(lines) + "\n")


def _check_target(out: Path, study: Path | None) -> None:
    place, home = out.resolve(), study.resolve() if study is not None else None
    if home is not None and (place == home or home in place.parents or place in home.parents):
        raise AnalysisError(
            "A package is not written into a study, nor over one.", where=str(out), value=str(study),
            expected="a folder beside the study", mend="Give another folder: gongzhi replicate STUDY OUT.",
        )  # fmt: skip
    if out.is_symlink() or out.exists():
        try:
            ours = json.loads((out / MARKER).read_text(encoding="utf-8")).get("made_by") == MAKER
        except (OSError, ValueError, AttributeError):
            ours = False
        if not ours or out.is_symlink():
            raise AnalysisError(
                "There is something here already that is no replication package.", where=str(out),
                expected="a new folder, or a package made earlier by gongzhi replicate",
                mend="Give another folder, or move what is there.",
            )  # fmt: skip


def _write_rows(path: Path, rows: list[dict], names: tuple[str, ...]) -> None:
    import pandas as pd

    path.parent.mkdir(parents=True, exist_ok=True)
    neutralise(pd.DataFrame(rows, columns=list(names))).to_csv(path, index=False, lineterminator="\n")


def _text(path: Path, words: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(words, encoding="utf-8", newline="\n")


def _require(holds: bool, what: str, where: str, value: object, expected: str) -> None:
    if not holds:
        raise AnalysisError(what, where=where, value=value, expected=expected, mend="Change it.")
