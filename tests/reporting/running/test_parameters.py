"""Parameters are typed by the template; nothing else gets into a notebook."""

import datetime
import decimal
import json
import pathlib

import nbformat
import numpy as np
import pytest

from analysis.errors import ReportError
from analysis.reporting.running.parameters import Kind, read_parameters, typed

CELL = """
city = ""
year: int = 2020
weight = 1.0
bold = False
names = ["a", "b"]
counts: list[int] = []
mixed = [1, "a"]
limit: int | None = None
label: Optional[str] = None
free = None
size = 3
computed = 3 + size
choices = {"a": 1}
"""
KINDS = {
    "city": Kind("str"), "year": Kind("int"), "weight": Kind("float"), "bold": Kind("bool"),
    "names": Kind("list", "str"), "counts": Kind("list", "int"), "mixed": Kind("list"),
    "limit": Kind("int", optional=True), "label": Kind("str", optional=True),
    "free": Kind("any", optional=True), "size": Kind("int"), "computed": Kind("any", optional=True),
    "choices": Kind("dict"),
}  # fmt: skip


@pytest.fixture
def template(tmp_path):
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(CELL, metadata={"tags": ["parameters"]})]
    nbformat.write(notebook, tmp_path / "t.ipynb")
    return tmp_path / "t.ipynb"


def test_types_come_from_annotations_or_defaults(template):
    assert read_parameters(template) == KINDS


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("year", "2021", 2021), ("year", "-3", -3), ("weight", "0.5", 0.5), ("weight", "2", 2.0),
        ("bold", "true", True), ("bold", "False", False), ("names", "x, y", ["x", "y"]), ("names", "", []),
        ("names", '["x, y"]', ["x, y"]), ("counts", "1,2", [1, 2]), ("counts", "[1, 2]", [1, 2]),
        ("limit", "none", None), ("limit", "7", 7), ("label", "none", "none"), ("free", "7", "7"),
        ("choices", '{"b": [1, null]}', {"b": [1, None]}), ("city", "exit()", "exit()"),
    ],
)  # fmt: skip
def test_text_is_read_as_the_type_declared(name, text, value):
    found = typed({name: text}, KINDS, ())[name]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("year", "2020.5", "int: a whole number"), ("year", "two", "int: a whole number"),
        ("year", True, "int"), ("year", 2020.0, "int"), ("year", np.int64(2020), "int"),
        ("weight", "nan", "float: a number"), ("weight", float("inf"), "float"),
        ("weight", decimal.Decimal("0.5"), "float"), ("weight", np.float64(0.5), "float"),
        ("bold", "yes", "bool: true or false"), ("bold", 1, "bool"), ("names", ("a",), "list[str]"),
        ("names", [1], "list[str]"), ("counts", "1,x", "list[int]"), ("counts", [True], "list[int]"),
        ("mixed", [pathlib.Path("x")], "list"), ("city", pathlib.Path("x"), "str: text"),
        ("city", datetime.date(2020, 1, 1), "str: text"), ("free", (1, 2), "any"),
        ("free", datetime.date(2020, 1, 1), "any"), ("limit", "1.5", "int | None"),
        ("choices", {1: 2}, "dict"), ("choices", {"a": (1,)}, "dict"), ("choices", "[1]", "dict"),
    ],
)  # fmt: skip
def test_other_types_are_refused(name, value, expected):
    with pytest.raises(ReportError, match="another type") as caught:
        typed({name: value}, KINDS, ())
    assert caught.value.expected.startswith(expected)
    assert name in caught.value.where
    assert caught.value.mend


@pytest.mark.parametrize("name", ["districtt", "city", "x = 1; import os", "a.b", "", "année ", 3])
def test_names_are_those_of_the_template_and_never_code(name):
    with pytest.raises(ReportError, match="no such parameter") as caught:
        typed({name: "x"}, KINDS, ("city",))
    assert "year (int)" in caught.value.expected


def test_what_is_given_is_not_changed():
    given = {"names": ["a"], "year": "3"}
    found = typed(given, KINDS, ())
    found["names"].append("b")
    assert given == {"names": ["a"], "year": "3"}


def test_text_stays_text_whatever_it_holds(make, tmp_path):
    """Quotes, braces, line breaks and code reach the notebook as they are."""
    odd = ['"', "'", "{}", "\\n", "\n", '"""', "'; import os; os._exit(5) #", "共治", "$x", "%d"]
    cell = f"assert names == {odd!r}, names\nassert year == 7"
    run = make(cell, districts=("D1",), parameters={"names": odd, "year": "7"})
    assert run.counts == {"made": 1}


def test_templates_that_cannot_be_read(tmp_path):
    cell = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": "a = (", "outputs": []}
    for content in ("no json", "[]", "{}", '{"cells": 3}', json.dumps({"cells": [cell]})):
        (tmp_path / "t.ipynb").write_text(content)
        with pytest.raises(ReportError, match="not a notebook"):
            read_parameters(tmp_path / "t.ipynb")
    (tmp_path / "t.ipynb").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ReportError, match="not a notebook"):
        read_parameters(tmp_path / "t.ipynb")
