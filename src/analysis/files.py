"""Files written whole or not at all, and what to say when one cannot be written or read."""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from analysis.errors import StudyError

DRAFT = ".draft-"
STALE = 24 * 3600  # seconds after which a draft that somebody left is cleared away

FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # what a formula begins with
UNSEEN = " \u00a0\u200b\ufeff\u3000"

# errno: what is wrong, what to do
MENDS = {
    errno.ENOSPC: ("The disk is full.", "Make room, or choose a folder on another disk."),
    errno.EDQUOT: ("The disk quota is used up.", "Make room, or choose a folder on another disk."),
    errno.EROFS: ("The folder can only be read.", "Choose a folder that you may write to."),
    errno.EACCES: ("Permission is denied.", "Ask for access, or choose another file or folder."),
    errno.EPERM: ("Permission is denied.", "Ask for access, or choose another file or folder."),
    errno.ENOENT: ("The file or folder is not there (any more).", "Put it back, or name another."),
    errno.ENOTDIR: ("A part of the path is a file, not a folder.", "Name a folder."),
    errno.EISDIR: ("This is a folder, not a file.", "Name a file."),
    errno.ENAMETOOLONG: ("The name is too long for this disk.", "Choose a shorter name or folder."),
    errno.EIO: ("The disk does not answer.", "Check the disk or the network drive."),
    errno.EMFILE: ("Too many files are open.", "Use fewer jobs, or raise the limit (ulimit -n)."),
    errno.ENOMEM: ("There is not enough memory.", "Use fewer jobs, or a machine with more memory."),
}


def harmless(cell: object) -> object:
    """Return a cell as it is, or, where a spreadsheet would take its text for a formula, as marked text.

    Text that begins with = + - @ (full-width ones too, and after blanks), a tab or a line end gets an
    apostrophe before it, by which spreadsheets mark text (OWASP, CSV injection).
    """
    is_formula = isinstance(cell, str) and cell.lstrip(UNSEEN).startswith(FORMULA)
    return f"'{cell}" if is_formula else cell


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give a draft beside `path` to write to; it takes the place of `path` once the block has ended well.

    Whoever reads `path`, at any moment and after any end of this process, finds the old file or the new one
    whole. Several processes may write the same path: the last one to end wins.

    Parameters
    ----------
    path : path
        Its folder is made if it is not there.

    Yields
    ------
    Path
        A name of its own with the suffix of `path`.

    Raises
    ------
    OSError
        The draft cannot be written or moved; `path` is as it was.
    """
    path = _target(path)
    draft = path.with_name(f".{path.stem}{DRAFT}{uuid4().hex[:8]}{path.suffix}")
    try:
        yield draft
        os.replace(draft, path)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: str | Path) -> Iterator[Path]:
    """Give a new folder beside `path` to fill; it takes the place of `path` once the block has ended well.

    What was at `path` before is put aside only when the new folder is complete, and put back if that cannot
    take its place. A kill between these two moves leaves nothing at `path`, never a mixture.

    Raises
    ------
    OSError
        The folder cannot be written or moved; `path` is as it was.
    """
    path = _target(path)
    draft, old = (path.with_name(f".{path.name}{DRAFT}{uuid4().hex[:8]}") for _ in range(2))
    try:
        draft.mkdir()
        yield draft
        if path.exists():
            os.replace(path, old)
        try:
            os.replace(draft, path)
        except OSError:
            if old.exists():
                os.replace(old, path)
            raise
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def require_free(out: Path) -> None:
    """Raise StudyError unless `out` is a new or empty folder."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise StudyError(
            "The folder to write holds something already.", where=str(out),
            expected="a new or empty folder", mend="Name another folder, or empty this one.",
        )  # fmt: skip


def write_whole(path: str | Path, content: str | bytes) -> Path:
    """Write text (UTF-8, line ends as they are) or bytes to `path`, whole or not at all."""
    with replacing(path) as draft:
        draft.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return Path(path)


def describe_trouble(error: OSError) -> str:
    """Return an error of the system as one line: what is wrong, where, how to mend it."""
    what, mend = MENDS.get(error.errno, (error.strerror or str(error), "Check the disk and the path."))
    where = f" At {error.filename}." if error.filename else ""
    return f"{what}{where} {mend}"


def _target(path: str | Path) -> Path:
    """Return where a path leads, its folder made and old drafts beside it cleared away."""
    path = Path(os.path.abspath(path))
    if path.is_symlink():
        path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    _clear_stale(path)
    return path


def _clear_stale(path: Path) -> None:
    """Remove drafts of this path which somebody left a day ago or more: killed before the end."""
    for name in (path.stem, path.name):
        for draft in path.parent.glob(f".{_literal(name)}{DRAFT}*"):
            with suppress(OSError):
                if time.time() - draft.stat().st_mtime > STALE:
                    shutil.rmtree(draft) if draft.is_dir() else draft.unlink()


def _literal(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)
