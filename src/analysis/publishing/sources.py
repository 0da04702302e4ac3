"""The study's own files: what they are, and a copy of them for restricted archives."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from pathlib import Path

from analysis.errors import StudyError
from analysis.tables.config import read_config
from analysis.tables.study import Study

BESIDE = ("procedures.toml", "boundaries.geojson")  # files of a study that are no tables
KEY = re.compile(r"^\s*key_file\s*=.*$", re.MULTILINE)


def input_files(study: Study) -> list[dict]:
    """Return file, rows, bytes and sha256 of the study's own files; a table on a server has no file.

    file: the path from the study folder. rows: of all of its sheets that the table reads.
    """
    config = read_config(study.path)
    rows = study.accounting.query("rule == ''").set_index("table")["rows_in"]
    found = []
    for path in (config.path / "study.toml", *(config.path / name for name in BESIDE)):
        if path.is_file():
            found.append(_described(path, path.name, ""))
    for table, entry in sorted(config.tables.items()):
        total = int(rows.get(table, 0))
        if entry.postgresql:
            found.append({"file": f"{table} (database)", "rows": total, "bytes": "", "sha256": ""})
        several = study.files[study.files["table"] == table]
        for path in entry.files:
            name = Path(os.path.relpath(path, config.path)).as_posix()
            mine = several[(several["file"] == name) | several["file"].str.startswith(f"{name} · ")]
            found.append(_described(path, name, int(mine["rows_in"].sum()) if len(several) else total))
    return found


def copy_study(study: Study, folder: Path) -> None:
    """Copy the study's own files, and nothing else that lies beside them; its key stays where it is.

    Raises
    ------
    StudyError
        A table is no file of the study folder.
    """
    config = read_config(study.path)
    home = config.path.resolve()
    for table, entry in config.tables.items():
        for file in entry.files or [None]:
            path = None if file is None else file.resolve()
            if path is None or home not in path.parents:
                raise StudyError(
                    "A package with data holds the study's own files, but this table lies elsewhere.",
                    where=f"study.toml [tables.{table}]", value=None if path is None else path.name,
                    expected="a file inside the study folder",
                    mend="Copy it into the study folder and correct its path, or leave out --with-data.",
                )  # fmt: skip
            named = Path(os.path.relpath(file, config.path))  # by a link, too: patterns mean names
            target = folder / (path.relative_to(home) if ".." in named.parts else named)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    for name in BESIDE:
        if (home / name).is_file():
            shutil.copyfile(home / name, folder / name)
    _write_config(home / "study.toml", folder, study)


def _write_config(path: Path, folder: Path, study: Study) -> None:
    """Write study.toml without its line about a key: the programs of the package bring one of their own."""
    words = (
        path.read_text(encoding="utf-8-sig")
        if path.is_file()
        else f"[study]\nname = {json.dumps(study.name)}\n"
    )
    words = KEY.sub("", words)
    (folder / "study.toml").write_text(words, encoding="utf-8", newline="\n")
    if read_config(folder).key_file is not None:
        raise StudyError(
            "study.toml cannot be copied without its key.", where=str(path), value="key_file",
            expected="key_file on a line of its own below [study]", mend="Write it so, and try again.",
        )  # fmt: skip


def _described(path: Path, name: str, rows: int | str) -> dict:
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return {"file": name, "rows": rows, "bytes": path.stat().st_size, "sha256": digest}
