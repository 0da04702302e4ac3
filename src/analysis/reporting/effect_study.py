"""One reform and one outcome of a study, from every side: files to work with, a page per language."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pandas as pd

from analysis.display.effect_words import effect_text
from analysis.display.figures import style
from analysis.display.text import Text
from analysis.errors import ReportError
from analysis.files import write_whole
from analysis.panel import build_panel
from analysis.privacy import neutralise
from analysis.reporting.effect_page import course_of, effect_page, forest_of
from analysis.reporting.examination import ESTIMATORS, Examination, examine
from analysis.tables.study import Study

EMPTY = ("place_id", "period", "layer", "indicator", "measure", "value", "n", "std_error")
MOST_NAMES = 40


def study_effect(
    study: Study,
    out: str | Path,
    *,
    outcome: str,
    reform: str,
    estimator: str = "att_gt",
    languages: tuple[str, ...] = ("en", "zh"),
    seed: int = 0,
) -> list[Path]:
    """Estimate what one reform did to one outcome and write everything about it into a folder.

    Parameters
    ----------
    study : Study
    out : path
        Folder, made if need be; files of an earlier run are overwritten.
    outcome : str
        A measure of the outcomes table, or any other column of `build_panel`.
    reform : str
        As in the reforms table.
    estimator : str
        Of the headline: one of `ESTIMATORS`.
    languages : tuple of {"en", "zh"}
    seed : int

    Returns
    -------
    list of Path
        estimates.csv (a row per estimator), event_time.csv, checks.csv, and, where they can be made,
        sensitivity.csv, inference.csv, districts.csv; table.md, table.tex, table.docx; event_study.png,
        forest.png; sentence.txt; effect.<language>.html, which need nothing else.

    Raises
    ------
    ReportError
        No such outcome, reform or estimator in the study: the message says what there is.
    EstimationError
        The headline cannot be estimated.
    """
    _require("estimator", estimator, ESTIMATORS)
    texts = [Text(language) for language in languages]
    reforms = sorted(study.reforms["reform"].dropna().astype(str).unique())
    _require("reform", reform, reforms)
    panel = _panel(study, outcome)
    found = examine(panel, outcome, reform, estimator=estimator, others=ESTIMATORS, thorough=True, seed=seed)
    said = [
        effect_text(
            found.headline, text.language, reform=text.named("reform", reform), checks=found.checks,
            robustness=found.robustness,
        )
        for text in texts
    ]  # fmt: skip
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".effects-") as folder:
        draft = Path(folder)
        made = _tables(found, draft, outcome) + _pictures(found, draft, study.period)
        made.append(write_whole(draft / "sentence.txt", "\n".join(said) + "\n"))
        for text in texts:
            page = effect_page(found, study, reform, text)
            made.append(write_whole(draft / f"effect.{text.language}.html", page))
        return [file.replace(out / file.name) for file in made]


def _panel(study: Study, outcome: str) -> pd.DataFrame:
    """Return the panel; without networks, processes and burden if the outcome was measured elsewhere."""
    measured = sorted(study.outcomes["measure"].dropna().astype(str).unique())
    if outcome in measured:
        none = pd.DataFrame({name: pd.Series(dtype="object") for name in EMPTY})
        return build_panel(study, indicators=none, processes=none, burden=none)
    panel = build_panel(study)
    keys = ("place_id", "district_id", "street_id", "period", "time")
    known = [c for c in panel if c not in keys and not c.startswith(("cohort_", "dose_"))]
    _require("outcome", outcome, [*measured, *(name for name in known if name not in measured)])
    return panel


def _require(argument: str, value: str, known) -> None:
    if value in known:
        return
    listed = ", ".join(list(known)[:MOST_NAMES]) + (" …" if len(known) > MOST_NAMES else "")
    raise ReportError(
        f"There is no such {argument} in the study." if argument != "estimator" else "No such estimator.",
        where=f"--{argument}", value=value, expected=f"one of: {listed}" if known else "a study that has one",
        mend="Use one of these names." if known else "Add the table (reforms or outcomes) to the study.",
    )  # fmt: skip


def _tables(found: Examination, out: Path, outcome: str) -> list[Path]:
    from analysis.display.effect_tables import effect_table

    rows = [
        one.table[one.table["term"].isin(("overall", "treated"))].assign(
            estimator=name, control_group=one.control_group, cluster=one.cluster, n_clusters=one.n_clusters,
            n_obs=one.n_obs,
        )
        for name, one in found.others.items()
    ]  # fmt: skip
    checks = pd.DataFrame(
        [{"check": check.name, "passed": check.passed, "text": str(check.text)} for check in found.checks],
        columns=["check", "passed", "text"],
    )
    frames = {"estimates": pd.concat(rows), "checks": checks}
    parts = {"event_time": found.course, "sensitivity": found.robustness, "inference": found.inference,
             "districts": found.districts}  # fmt: skip
    frames |= {name: one.tidy() for name, one in parts.items() if one is not None}
    paths = []
    for name, frame in frames.items():
        first = [c for c in ("estimator", "check") if c in frame]
        frame = frame[first + [c for c in frame if c not in first]]
        paths.append(out / f"{name}.csv")
        neutralise(frame).to_csv(paths[-1], index=False, encoding="utf-8-sig")
    for kind, suffix in (("markdown", "md"), ("latex", "tex"), ("docx", "docx")):
        made = effect_table(found.others, kind, title=outcome)
        paths.append(out / f"table.{suffix}")
        paths[-1].write_bytes(made if isinstance(made, bytes) else made.encode("utf-8"))
    return paths


def _pictures(found: Examination, out: Path, period: str) -> list[Path]:
    text, paths = Text("en"), []
    with style("en"):
        for name, draw in (("event_study", course_of), ("forest", forest_of)):
            ax = draw(found, text, period)
            if ax is not None:
                paths.append(out / f"{name}.png")
                ax.figure.savefig(paths[-1], metadata={"Software": None})
    return paths
