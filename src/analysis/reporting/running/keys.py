"""Keys by content: what a report was made from, so that it is made again when that changed, and only then."""

from __future__ import annotations

import hashlib
import json
import platform
import re
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import analysis


def digest(*parts: object) -> str:
    """Return the sha256 of values as canonical JSON: sorted, and 1, 1.0, True and "1" all different."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def file_hash(path: Path) -> str:
    """Return the sha256 of a file."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def hashes(root: Path, files: Iterable[Path]) -> dict[str, str]:
    """Return the sha256 of files by their path below `root`, with slashes."""
    return {file.relative_to(root).as_posix(): file_hash(file) for file in sorted(files)}


def unchanged(root: Path, known: dict[str, str]) -> str:
    """Return the first of the files that is missing or has another content, or nothing."""
    for name, value in known.items():
        path = root / name
        if not path.is_file() or file_hash(path) != value:
            return name
    return ""


@cache
def code_version() -> str:
    """Return the sha256 of the sources of this package: code, texts, styles."""
    package = Path(analysis.__file__).parent
    files = [p for p in package.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    return digest(hashes(package, files))


@cache
def installed() -> str:
    """Return the sha256 of the versions of Python and of all packages on its path."""
    found = set()
    for folder in map(Path, sys.path):
        if folder.is_dir():
            found |= {p.name.lower() for p in folder.iterdir() if re.search(r"\.(dist|egg)-info$", p.name)}
    return digest(platform.python_version(), platform.machine(), sys.platform, sorted(found))


@cache
def fonts() -> str:
    """Return the sha256 of the font with Chinese that figures are drawn with."""
    from pylopdf_fonts_zh_cn import sans_path

    return file_hash(Path(sans_path()))


def report_parts(
    *, template: Path, parameters: dict[str, object], district: str, language: str, formats: tuple[str, ...],
    data: str,
) -> dict[str, str]:  # fmt: skip
    """Return the parts of the key of one report: name -> sha256.

    Parameters
    ----------
    template : Path
        The notebook; its bytes count, so the defaults of its parameters do too.
    parameters : dict
        Those given, typed.
    data : str
        Hash of the district's slice of the city stage (`slices.slice_city`).
    """
    return {
        "template": file_hash(template),
        "parameters": digest(parameters, district, language),
        "formats": digest(list(formats)),
        "data": data,
        "code": code_version(),
        "versions": installed(),
        "fonts": fonts(),
    }
