"""What a study may ask of whoever reads it: files of its own, of a size that fits what they are."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from analysis.errors import StudyError

ALSO_READ = (
    "GONGZHI_ALSO_READ"  # environment variable: folders, besides its own, that a study may name files in
)
MAX_EXPANDED = "GONGZHI_MAX_EXPANDED"  # environment variable: gigabytes that a file may expand to
RATIO = 100  # a file expands to so many times its size; logs of offices reach 5 to 30
ALWAYS = 1 << 27  # bytes that any file may expand to
ROW_COST = 40  # bytes that a row takes beside what stands in it
MAX_COLUMNS = 16_384  # what a sheet of a spreadsheet can hold
MAX_CELL = 32_767  # characters that a cell of a spreadsheet can hold
MAX_LINE = 1 << 24  # characters of one line of a text
MAX_TOML = 1 << 20  # bytes of study.toml and its like


def inside(folder: Path, path: Path, where: str) -> Path:
    """Return a path that a study names, once it is known to lead into the study's folder.

    Parameters
    ----------
    folder : Path
        Folder of the study.
    path : Path
        The file; links are followed before it is judged.
    where : str
        What names it, for the message.

    Raises
    ------
    StudyError
        It leads elsewhere, and not into one of the folders of GONGZHI_ALSO_READ; or it is no path at all.
    """
    try:
        target = path.resolve()
        roots = [folder.resolve(), *(Path(root).resolve() for root in _also_read())]
    except (OSError, RuntimeError, ValueError) as error:
        raise StudyError(
            "The path of a file of the study is none.", where=where, value=repr(str(path)), expected="a path",
            mend="Correct it.",
        ) from error  # fmt: skip
    if any(target.is_relative_to(root) for root in roots):
        return path
    raise StudyError(
        "A file that the study names lies outside the study folder.", where=where, value=path,
        expected=f"a file in {folder}, also once links are followed",
        mend="Copy the file into the folder. If you know the study and trust it: "
        "gongzhi --also-read FOLDER ...",
    )  # fmt: skip


def small_text(path: Path) -> str:
    """Return the text of a TOML file of a study.

    Raises
    ------
    StudyError
        It is no plain file, or larger than any such file is.
    OSError, UnicodeDecodeError
        It cannot be read.
    """
    if path.exists() and not path.is_file():
        raise StudyError(
            f"{path.name} is no file.",
            where=str(path),
            expected="a text file",
            mend="Put the file in its place.",
        )
    if path.stat().st_size > MAX_TOML:
        raise StudyError(
            f"{path.name} is too large.", where=str(path), value=f"{path.stat().st_size:,} bytes",
            expected=f"at most {MAX_TOML:,} bytes", mend="Keep settings in it, and data in tables.",
        )  # fmt: skip
    return path.read_text(encoding="utf-8-sig")


def most_bytes(size: int) -> int:
    """Return how many bytes a file of this size, or several together, may expand to when read."""
    said = os.environ.get(MAX_EXPANDED, "").strip()
    if not said:
        return max(ALWAYS, RATIO * size)
    try:
        most = float(said) * 1e9
        return int(most) if most > 0 else int("none")
    except (ValueError, OverflowError) as error:
        raise StudyError(
            "The limit of what a file may expand to is no number.",
            where=f"environment variable {MAX_EXPANDED}", value=said, expected="gigabytes, such as 20",
            mend="Correct it, or take it away.",
        ) from error  # fmt: skip


class Meter:
    """Counts what comes out of a file, and stops reading when it is more than a file of its size holds."""

    def __init__(self, table: str, path: Path) -> None:
        self.table, self.path, self.most, self.spent = table, path, most_bytes(path.stat().st_size), 0

    def add(self, size: int, rows: int = 0) -> None:
        """Count so many bytes in so many rows; raise StudyError once it is too much."""
        self.spent += size + rows * ROW_COST
        if self.spent > self.most:
            raise StudyError(
                f"The file of the table {self.table!r} expands to far more than its size.",
                where=str(self.path),
                value=f"{self.path.stat().st_size:,} bytes, more than {self.most:,} when read",
                expected=f"at most {RATIO} times its size; more is the mark of a file made to fill memory",
                mend=f"Look where it comes from. If it is sound: {MAX_EXPANDED}=20 gongzhi ... (gigabytes)",
            )  # fmt: skip

    def lines(self, file) -> Iterator[str]:
        """Yield the lines of a text, each of bearable length."""
        for number, line in enumerate(iter(lambda: file.readline(MAX_LINE), ""), start=1):
            self.add(len(line), rows=4)
            if len(line) >= MAX_LINE:
                raise StudyError(
                    f"A line of the table {self.table!r} is too long.", where=f"{self.path}, line {number:,}",
                    expected=f"at most {MAX_LINE:,} characters",
                    mend="Look at this line: a line end or a closing quotation mark may be missing.",
                )  # fmt: skip
            yield line


def check_together(table: str, files: Iterable[Path], spent: int) -> None:
    """Raise StudyError if the files of a table expand, all together, to more than files of their size hold.

    Each of them may be small enough by itself, and all of them more than a memory holds.
    """
    sizes = [file.stat().st_size for file in dict.fromkeys(files)]
    most = most_bytes(sum(sizes))
    if spent > most:
        raise StudyError(
            f"The files of the table {table!r} expand together to far more than their size.",
            where=f"study.toml [tables.{table}] path",
            value=f"{len(sizes):,} files of {sum(sizes):,} bytes, more than {most:,} when read",
            expected=f"at most {RATIO} times their size; more is the mark of files made to fill memory",
            mend=f"Look where they come from. If they are sound: {MAX_EXPANDED}=20 gongzhi ... (gigabytes)",
        )  # fmt: skip


def check_columns(table: str, where: str, count: int) -> None:
    """Raise StudyError if a table has more columns than a table can have."""
    if count > MAX_COLUMNS:
        raise StudyError(
            f"The table {table!r} has too many columns.", where=where, value=f"{count:,}",
            expected=f"at most {MAX_COLUMNS:,}",
            mend="Export it with one row per record; leave columns out that no table of a study has.",
        )  # fmt: skip


def also_read(folders: Iterable[Path]) -> None:
    """Let studies name files in these folders, in this process and those it starts."""
    found = [*_also_read(), *(str(folder.resolve()) for folder in folders)]
    os.environ[ALSO_READ] = os.pathsep.join(dict.fromkeys(found))


def _also_read() -> list[str]:
    return [root for root in os.environ.get(ALSO_READ, "").split(os.pathsep) if root]
