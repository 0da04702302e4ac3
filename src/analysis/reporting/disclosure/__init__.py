"""Which cells of a run are not published: the small ones, and those that would give them away."""

from analysis.reporting.disclosure.cells import Tree, hide
from analysis.reporting.disclosure.measures import hidden_cells, mask_measures, tidy_measures
from analysis.reporting.disclosure.tables import protect_frames

__all__ = ["Tree", "hidden_cells", "hide", "mask_measures", "protect_frames", "tidy_measures"]
