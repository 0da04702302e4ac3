"""Gongzhi: how well grassroots governance works, measured from the logs of communities."""

__version__ = "0.1.0"
