"""Counts of many networks at once, from which indicators are ratios."""
