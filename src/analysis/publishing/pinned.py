"""The software of a replication package: this project as a wheel, and every library with its version."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import analysis
from analysis import __version__
from analysis.errors import StudyError
from analysis.publishing.packed import zipped
from analysis.tables.share import shared

NAME = "gongzhi"
SHARED = ("notebooks/reports", "notebooks/cases", "data/examples")
LOCK = "requirements.lock"
WHEEL = "Wheel-Version: 1.0\nGenerator: gongzhi replicate\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def write_wheel(folder: Path) -> Path:
    """Write the project as it runs now into `folder` as a wheel that pip installs; return its path."""
    package = Path(analysis.__file__).parent
    members = {f"analysis/{name}": content for name, content in _files(package).items()}
    for name in SHARED:
        try:
            found = _files(shared(name))
        except StudyError:
            continue
        members |= {f"analysis/_share/{name}/{inner}": content for inner, content in found.items()}
    info = f"{NAME}-{__version__}.dist-info"
    about = distribution(NAME)
    members |= {
        f"{info}/METADATA": (
            about.read_text("METADATA") or f"Metadata-Version: 2.1\nName: {NAME}\n"
        ).encode(),
        f"{info}/WHEEL": WHEEL.encode(),
        f"{info}/entry_points.txt": (about.read_text("entry_points.txt") or "").encode(),
        f"{info}/licenses/LICENSE": licence().encode("utf-8"),
    }
    record = [f"{name},sha256={_digest(content)},{len(content)}" for name, content in sorted(members.items())]
    members[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""]).encode("utf-8")
    path = folder / f"{NAME}-{__version__}-py3-none-any.whl"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(zipped(dict(sorted(members.items()))))
    return path


def requirements() -> tuple[str, bool]:
    """Return what to install, and whether it is the project's own lock file with hashes.

    Where the lock file is missing it is every installed package that the project needs, with its version.
    """
    try:
        return shared(LOCK).read_text(encoding="utf-8"), True
    except StudyError:
        return "".join(f"{name}=={version}\n" for name, version in installed().items()), False


def installed() -> dict[str, str]:
    """Return the packages that the project needs, and those that these need, with the versions installed."""
    found, asked = {}, [NAME]
    while asked:
        name = asked.pop()
        try:
            one = distribution(name)
        except PackageNotFoundError:
            continue  # for another system or another Python
        wanted = [text for text in one.requires or () if "extra ==" not in text]
        names = [re.match(r"[A-Za-z0-9._-]+", text).group() for text in wanted]
        known = {_plain(name) for name in found} | {NAME}
        asked += [other for other in names if _plain(other) not in known and _plain(other) not in asked]
        if _plain(name) != NAME:
            found[_plain(name)] = one.version
    return dict(sorted(found.items()))


def licence() -> str:
    """Return the licence of the project."""
    try:
        return shared("LICENSE").read_text(encoding="utf-8")
    except StudyError:
        return distribution(NAME).read_text("licenses/LICENSE") or ""


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts and path.parts[len(folder.parts)] != "_share"
        and not path.name.startswith(".")
    }  # fmt: skip


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
