"""Indicators of a whole study, district by district."""
