"""The index site: every district on one page that needs no network, and works without scripts."""

from analysis.reporting.site.write import write_index

__all__ = ["write_index"]
