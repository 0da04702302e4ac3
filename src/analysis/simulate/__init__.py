"""A synthetic city with known truth."""

from analysis.simulate.city import City, simulate_city
from analysis.simulate.truth import Truth
from analysis.simulate.write import write_city

__all__ = ["City", "Truth", "simulate_city", "write_city"]
