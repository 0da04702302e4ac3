"""What `?` shows: every public function states its parameters, what it returns, and the columns of frames."""

import inspect
import re

import pytest
from numpydoc.docscrape import FunctionDoc

import analysis

FUNCTIONS = [name for name in analysis.__all__ if inspect.isfunction(getattr(analysis, name))]
CLASSES = [name for name in analysis.__all__ if inspect.isclass(getattr(analysis, name))]


def documented(name):
    return FunctionDoc(getattr(analysis, name))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_parameter_is_documented_and_no_other(name):
    doc = documented(name)
    stated = {part.strip().lstrip("*") for entry in doc["Parameters"] for part in entry.name.split(",")}
    assert stated == set(inspect.signature(getattr(analysis, name)).parameters)
    assert doc["Summary"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_is_returned_is_documented_with_the_columns_of_frames(name):
    doc, returns = documented(name), inspect.signature(getattr(analysis, name)).return_annotation
    assert doc["Returns"] or doc["Yields"]
    if "DataFrame" in str(returns):
        said = " ".join(" ".join([entry.name, *entry.desc]) for entry in doc["Returns"] + doc["Yields"])
        assert re.search(r"\b[a-z]+_[a-z_]+\b|\b\w+, \w+", said), "name the columns"


@pytest.mark.parametrize("name", CLASSES)
def test_classes_state_their_attributes_or_parameters(name):
    text = inspect.getdoc(getattr(analysis, name))
    assert re.search(r"^(Attributes|Parameters)\n-+$", text, re.M)


def test_completion_knows_the_public_names():
    assert set(analysis.__all__) <= set(dir(analysis))
