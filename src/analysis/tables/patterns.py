"""Which files a path of study.toml means: one name, several, or all that are like a pattern with *."""

from __future__ import annotations

import difflib
import re
import unicodedata
from pathlib import Path, PurePosixPath

from analysis.errors import StudyError
from analysis.tables.limits import inside

SHOWN = 12  # files that a message lists
NOT_MEANT = (".", "~$")  # beginnings of names that no pattern means: hidden files, locks of an office program
ORDINALS = "零一二三四五六七八九"
SUFFIX = re.compile(r"(.*?)((?:\.[a-z]+)*)", re.DOTALL)
CHINESE_MONTH = re.compile(r"(十?[一二三四五六七八九]|十)(?=月)")


def find_files(folder: Path, named: object, where: str) -> list[tuple[Path, str]]:
    """Return the files that `path` of a table means, each with its name from the study folder.

    Parameters
    ----------
    folder : Path
        Folder of the study.
    named : str or list of str
        Names; in each, * stands for any letters within a name. What a pattern finds is sorted by name, with
        numbers in their natural order (also 一月, 二月, ...); letter case makes no difference.
    where : str
        What names it, for messages.

    Raises
    ------
    StudyError
        It is no name, leads out of the study, means nothing that is there, or means a file twice.
    """
    names = [named] if isinstance(named, str) else named
    if not isinstance(names, list) or not names or not all(isinstance(n, str) and n for n in names):
        raise StudyError(
            "The path of a table is neither a name nor a list of names.", where=where, value=named,
            expected='"log.csv", ["log-1.csv", "log-2.csv"] or "log-*.csv"', mend="Correct it.",
        )  # fmt: skip
    found: dict[Path, tuple[Path, str]] = {}
    for name in names:
        paths = _matches(folder, name, where) if "*" in name else [inside(folder, folder / name, where)]
        for path in paths:
            label = _label(folder, path)
            target = path.resolve()
            if target in found:
                before = found[target][1]
                raise StudyError(
                    "A table names a file twice, so that its rows would count twice.", where=where,
                    value=label if before == label else f"{before} and {label}",
                    expected="every file once", mend="Take it out of the list, or narrow the pattern.",
                )  # fmt: skip
            found[target] = (path, label)
    return list(found.values())


def natural(name: str) -> list:
    """Return a key that sorts names with their numbers as numbers: 2 comes before 10."""
    stem, ending = SUFFIX.fullmatch(plain_months(name)).groups()
    return [[int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", stem)], ending, name]


def plain_months(name: str) -> str:
    """Return a name in usual letters and lower case, with months such as 十二月 in digits."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return CHINESE_MONTH.sub(lambda month: str(_number(month[0])), plain)


def _number(said: str) -> int:
    tens, _, ones = said.rpartition("十")
    return ("十" in said) * 10 * (ORDINALS.index(tens) if tens else 1) + (ORDINALS.index(ones) if ones else 0)


def _label(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()


def _matches(folder: Path, pattern: str, where: str) -> list[Path]:
    """Return the files inside the study whose path is like a pattern; no link leads out on the way."""
    *above, last = PurePosixPath(pattern).parts
    folders = [folder]
    try:
        for part in above:
            folders = [inside(folder, path, where) for place in folders for path in _listed(place, part)]
            folders = [path for path in folders if "*" not in part or path.is_dir()]
        files = [path for place in folders for path in _listed(place, last) if path.is_file()]
    except OSError as error:
        raise StudyError(
            "The folder of a pattern cannot be read.", where=where, value=error, expected="a readable folder",
            mend="Check its permissions, or name the files one by one.",
        ) from error  # fmt: skip
    if not files:
        raise _nothing(folders or [folder], pattern, where)
    files = [inside(folder, path, where) for path in files]
    return sorted(files, key=lambda path: list(map(natural, PurePosixPath(_label(folder, path)).parts)))


def _listed(place: Path, pattern: str) -> list[Path]:
    if "*" not in pattern:
        return [place / pattern]
    wanted = _plain(pattern)
    found = place.iterdir() if place.is_dir() else ()
    return [p for p in found if not p.name.startswith(NOT_MEANT) and is_like(_plain(p.name), wanted)]


def is_like(name: str, pattern: str) -> bool:
    """Whether a name is like a pattern, in which * stands for any letters."""
    first, *middle, last = pattern.split("*")
    at, end = len(first), len(name) - len(last)
    if at > end or not name.startswith(first) or not name.endswith(last):
        return False
    for piece in middle:
        at = name.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _nothing(folders: list[Path], pattern: str, where: str) -> StudyError:
    there = [path.name for place in folders if place.is_dir() for path in place.iterdir() if path.is_file()]
    there = sorted({name for name in there if not name.startswith(NOT_MEANT)}, key=natural)
    near = difflib.get_close_matches(PurePosixPath(pattern).name, there, n=1, cutoff=0.5)
    more = f" and {len(there) - SHOWN:,} more" if len(there) > SHOWN else ""
    return StudyError(
        "No file is like the pattern of a table.", where=where, value=pattern,
        expected=f"a pattern of some of {', '.join(there[:SHOWN])}{more}" if there
        else f"files in {folders[0]}",
        mend=f"Is {near[0]!r} meant? Correct the pattern." if near
        else "Correct the pattern, or put the files there.",
    )  # fmt: skip
