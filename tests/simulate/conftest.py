import pytest

from analysis.simulate import simulate_city


@pytest.fixture(scope="session")
def city():
    """The built-in city; tests must not change its frames."""
    return simulate_city()
