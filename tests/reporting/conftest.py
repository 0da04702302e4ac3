import pytest

from analysis.reporting import run_city
from analysis.tables import open_study


@pytest.fixture(scope="session")
def example(repository):
    return repository / "data" / "examples" / "small-city"


@pytest.fixture(scope="session")
def city(example):
    return run_city(open_study(example))
