"""Duties laid on communities: how many, how many hours, and whether they were admitted."""

from analysis.burden.measures import MEASURES, burden_measures

__all__ = ["MEASURES", "burden_measures"]
