"""index.toml: an index as a file."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path

from analysis.errors import AnalysisError
from analysis.index.spec import Group, IndexSpec, Indicator

SECTIONS = ("index", "dimensions", "indicators")
INDEX_KEYS = (
    "name", "normalisation", "span", "outliers", "missing", "max_missing", "weighting", "aggregation",
    "comparisons", "max_consistency_ratio",
)  # fmt: skip
DIMENSION_KEYS = ("parent", "weight", "weighting", "aggregation", "comparisons", "max_consistency_ratio")
INDICATOR_KEYS = ("parent", "direction", "weight", "transform", "goalposts", "reference")
NUMBERS, TEXTS = ("weight", "max_missing", "max_consistency_ratio"), ("name", "parent")


def read_index(path: str | Path | None = None) -> IndexSpec:
    """Read an index from a TOML file.

    Parameters
    ----------
    path : str or Path, optional
        The file; without it, the index of governance effectiveness that comes with the package.

    Returns
    -------
    IndexSpec

    Raises
    ------
    AnalysisError
        The file is missing, is not TOML, holds a key that is not known, or declares no sound index.

    Notes
    -----
    ``[index]`` has name, normalisation, span, outliers, missing, max_missing, weighting, aggregation;
    ``[dimensions.NAME]`` has parent (the index if not given), weight, weighting, aggregation, comparisons,
    max_consistency_ratio; ``[indicators.COLUMN]`` has parent (the index if not given), direction (required),
    weight, transform, goalposts, reference. Values as in `IndexSpec`, `Group` and `Indicator`.
    """
    source = files("analysis.index") / "governance.toml" if path is None else Path(path)
    name = "governance.toml" if path is None else str(path)
    try:
        content = tomllib.loads(source.read_text(encoding="utf-8"))
    except OSError as error:
        raise AnalysisError(
            "The file of the index cannot be read.",
            where=name,
            value=error.strerror,
            expected="a TOML file with [index], [dimensions.NAME] and [indicators.COLUMN]",
            mend="Check the path.",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise AnalysisError(
            "The file of the index is not TOML.",
            where=name,
            value=error,
            expected="TOML in UTF-8, every name once",
            mend="Correct the line named.",
        ) from None
    return _spec(content, name)


def _spec(content: dict, file: str) -> IndexSpec:
    _known(content, SECTIONS, file, "section")
    index = _table(content, "index", file)
    _known(index, INDEX_KEYS, f"{file}: [index]", "key")
    top = index.get("name")
    if not isinstance(top, str) or not top:
        raise _wrong(f"{file}: [index] name", top, "a name in quotation marks")
    keep = ("weighting", "aggregation", "comparisons", "max_consistency_ratio")
    groups = [Group(name=top, **_fields({k: v for k, v in index.items() if k in keep}, f"{file}: [index]"))]
    for name, entry in _table(content, "dimensions", file).items():
        where = f"{file}: [dimensions.{name}]"
        _known(_mapping(entry, where), DIMENSION_KEYS, where, "key")
        groups.append(Group(name=name, **{"parent": top, **_fields(entry, where)}))
    indicators = []
    for name, entry in _table(content, "indicators", file).items():
        where = f"{file}: [indicators.{name}]"
        _known(_mapping(entry, where), INDICATOR_KEYS, where, "key")
        if "direction" not in entry:
            raise _wrong(where, "no direction", "direction = 1 if more is better, -1 if less is better")
        indicators.append(Indicator(column=name, **{"parent": top, **_fields(entry, where)}))
    rest = {k: v for k, v in index.items() if k not in (*keep, "name")}
    return IndexSpec(groups=tuple(groups), indicators=tuple(indicators), **_fields(rest, f"{file}: [index]"))


def _fields(entry: dict, where: str) -> dict:
    """Return the entry's values, checked for their kind, lists as tuples."""
    for key, value in entry.items():
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if key in NUMBERS and not number:
            raise _wrong(f"{where} {key}", value, "a number")
        if key == "direction" and not (number and value in (1, -1)):
            raise _wrong(f"{where} {key}", value, "1 if more is better, -1 if less is better")
        if key in TEXTS and not isinstance(value, str):
            raise _wrong(f"{where} {key}", value, "a name in quotation marks")
        if key in ("span", "goalposts") and not (_numbers(value) and len(value) == 2):
            raise _wrong(f"{where} {key}", value, "two numbers, as in [0, 1]")
        if key == "comparisons" and not (isinstance(value, list) and all(_numbers(row) for row in value)):
            raise _wrong(f"{where} {key}", value, "rows of numbers, as in [[1, 2], [0.5, 1]]")
        if key == "reference" and not (number or isinstance(value, str)):
            raise _wrong(f"{where} {key}", value, "a number, or best, mean, worst")
    return {key: _frozen(value) for key, value in entry.items()}


def _numbers(value: object) -> bool:
    kinds = (int, float)
    return isinstance(value, list) and all(isinstance(v, kinds) and not isinstance(v, bool) for v in value)


def _frozen(value: object) -> object:
    return tuple(_frozen(part) for part in value) if isinstance(value, list) else value


def _table(content: dict, name: str, file: str) -> dict:
    return _mapping(content.get(name, {}), f"{file}: [{name}]")


def _mapping(value: object, where: str) -> dict:
    if not isinstance(value, dict):
        raise _wrong(where, value, "a section in square brackets")
    return value


def _known(content: dict, allowed: tuple[str, ...], where: str, kind: str) -> None:
    for name in content:
        if name not in allowed:
            raise AnalysisError(
                f"The {kind} is not known.", where=where, value=name, expected="one of " + ", ".join(allowed)
            )


def _wrong(where: str, value: object, expected: str) -> AnalysisError:
    return AnalysisError(
        "A value of the index is not of the right kind.", where=where, value=value, expected=expected
    )
