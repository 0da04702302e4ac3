import importlib.util
from pathlib import Path

import pytest

from analysis.index import Group, IndexSpec, Indicator


@pytest.fixture(scope="session")
def published():
    path = Path(__file__).with_name("published.py")
    spec = importlib.util.spec_from_file_location("published", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def flat():
    """Make an index of one level: column -> fields of the indicator; further fields of index and group."""

    def make(columns, *, weighting="equal", aggregation="arithmetic", comparisons=None, **fields):
        columns = columns if isinstance(columns, dict) else {name: {} for name in columns}
        group = Group("whole", weighting=weighting, aggregation=aggregation, comparisons=comparisons)
        indicators = tuple(Indicator(name, "whole", **entry) for name, entry in columns.items())
        return IndexSpec(groups=(group,), indicators=indicators, **fields)

    return make
