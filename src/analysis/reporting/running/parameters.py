"""Parameters of a template: known by name, typed by its parameters cell, never code."""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import ReportError

TYPES = {"str": str, "int": int, "float": float, "bool": bool, "list": list, "dict": dict}
WORDS = {"true": True, "false": False}


@dataclass(frozen=True)
class Kind:
    """The type of a parameter.

    Attributes
    ----------
    name : {"str", "int", "float", "bool", "list", "dict", "any"}
    element : str
        Type of the elements of a list; "any" where the template does not say.
    optional : bool
        Whether None is allowed.
    """

    name: str
    element: str = "any"
    optional: bool = False

    def __str__(self) -> str:
        inner = f"[{self.element}]" if self.name == "list" and self.element != "any" else ""
        return f"{self.name}{inner}" + (" | None" if self.optional else "")


def read_parameters(template: Path) -> dict[str, Kind]:
    """Return the parameters a template declares, with their types.

    The type is the annotation (``year: int | None = None``) or else that of the default value.

    Parameters
    ----------
    template : Path
        A Jupyter notebook of format 4.

    Raises
    ------
    ReportError
        It is no such notebook, or its parameters cell is not Python.
    """
    try:
        notebook = json.loads(template.read_text(encoding="utf-8"))
        cells = [c for c in notebook["cells"] if "parameters" in c.get("metadata", {}).get("tags", [])]
        tree = ast.parse("\n".join("".join(c["source"]) for c in cells))
    except (ValueError, SyntaxError, OSError, KeyError, TypeError, AttributeError) as error:
        raise ReportError(
            "The template is not a notebook that can be read.", where=str(template), value=error,
            expected="a Jupyter notebook (format 4) whose parameters cell is Python",
            mend="Save it again from JupyterLab.",
        ) from error  # fmt: skip
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            found |= {t.id: _of_default(node.value) for t in node.targets if isinstance(t, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] = _of_annotation(node.annotation)
    return found


def _of_default(node: ast.expr) -> Kind:
    try:
        value = ast.literal_eval(node)
    except ValueError:  # an expression: its type is not known before it runs
        return Kind("any", optional=True)
    if value is None:
        return Kind("any", optional=True)
    name = type(value).__name__ if type(value) in TYPES.values() else "any"
    elements = {type(item).__name__ for item in value} if name == "list" else set()
    return Kind(name, elements.pop() if len(elements) == 1 else "any")


def _of_annotation(node: ast.expr) -> Kind:
    text = ast.unparse(node).replace("typing.", "")
    if text.startswith("Optional[") and text.endswith("]"):
        text = text.removeprefix("Optional[")[:-1] + " | None"
    parts = [part.strip() for part in text.split("|")]
    optional = "None" in parts
    parts = [part for part in parts if part != "None"]
    name, _, inner = (parts[0] if len(parts) == 1 else "any").partition("[")
    inner = inner.removesuffix("]")
    name = name.lower() if name in ("List", "Dict") else name
    if name not in TYPES:
        return Kind("any", optional=True)
    return Kind(name, inner if name == "list" and inner in TYPES else "any", optional)


def typed(given: Mapping[str, object], known: Mapping[str, Kind], own: tuple[str, ...]) -> dict[str, object]:
    """Return the parameters given, each as what the template declares.

    Parameters
    ----------
    given : mapping of str to object
        Text (as from a command line) is read as the type declared; other values must have it already.
        An int is taken for a float; nothing else is turned into something else.
    known : mapping of str to Kind
        As `read_parameters` returns it.
    own : tuple of str
        Parameters the batch sets itself; not to be given.

    Raises
    ------
    ReportError
        A name that the template does not declare, or a value of another type.
    """
    free = [name for name in known if name not in own]
    for name in given:
        if not isinstance(name, str) or not name.isidentifier() or name not in free:
            raise ReportError(
                "The template has no such parameter.", where="parameter", value=name,
                expected=", ".join(f"{n} ({known[n]})" for n in free)
                or "none: this template has no parameters of its own",
                mend="Leave it out, or add it to the parameters cell of the template.",
            )  # fmt: skip
    return {name: _typed(name, value, known[name]) for name, value in given.items()}


def _typed(name: str, value: object, kind: Kind) -> object:
    try:
        return _read(value, kind) if isinstance(value, str) else _exact(value, kind)
    except (ValueError, TypeError) as error:
        raise ReportError(
            "A parameter has a value of another type than the template declares.",
            where=f"parameter {name}", value=f"{value!r} ({type(value).__name__})",
            expected=_wanted(kind), mend=_mend(value, kind),
        ) from error  # fmt: skip


def _wanted(kind: Kind) -> str:
    example = {
        "int": "a whole number, for example 12", "float": "a number, for example 0.05",
        "bool": "true or false", "str": "text", "list": 'a list, for example ["a", "b"] or a,b',
        "dict": 'a mapping, for example {"a": 1}',
        "any": "text, a number, true or false, none, or a list or mapping of these",
    }[kind.name]  # fmt: skip
    return f"{kind}: {example}"


def _mend(value: object, kind: Kind) -> str:
    if isinstance(value, str):
        return "Write it like the example."
    if isinstance(value, (tuple, set, frozenset)):
        return "Turn it into a list yourself: list(value)."
    if kind.name == "str":
        return "Turn it into text yourself, for example str(value) or value.isoformat()."
    return "Give a plain Python value, for example int(value) or float(value)."


def _read(text: str, kind: Kind) -> object:
    """Read text from a command line as the type declared."""
    if kind.name in ("str", "any"):
        return text
    if kind.optional and text.strip().lower() in ("", "none", "null"):
        return None
    if kind.name == "bool":
        if text.strip().lower() not in WORDS:
            raise ValueError("not true or false")
        return WORDS[text.strip().lower()]
    if kind.name == "int":
        return int(text)
    if kind.name == "float":
        return _exact(float(text), kind)
    if kind.name == "dict" or text.lstrip().startswith("["):
        return _exact(json.loads(text), kind)
    element = Kind("str" if kind.element == "any" else kind.element)
    return [_read(part.strip(), element) for part in text.split(",") if part.strip()]


def _exact(value: object, kind: Kind) -> object:
    """Return a value that already has the type declared; the types papermill would change are refused."""
    if value is None and kind.optional:
        return None
    if kind.name == "float" and type(value) is int:
        value = float(value)
    if kind.name != "any" and type(value) is not TYPES[kind.name]:
        raise TypeError("another type")
    return _plain(value, kind)


def _plain(value: object, kind: Kind) -> object:
    if type(value) is list:
        element = Kind(kind.element)
        return [_exact(item, element) if kind.element != "any" else _plain(item, element) for item in value]
    if type(value) is dict:
        if not all(type(key) is str for key in value):
            raise TypeError("a key that is not text")
        return {key: _plain(item, Kind("any")) for key, item in value.items()}
    if value is not None and type(value) not in (str, int, float, bool):
        raise TypeError("not a plain value")
    if type(value) is float and not math.isfinite(value):
        raise ValueError("not a finite number")
    return value
