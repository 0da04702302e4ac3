"""Axes and figures that nobody else shows, as pictures."""

from __future__ import annotations

from analysis.display.figures import figure_png


def picture(figure) -> tuple[bytes, dict[str, int]]:
    """Return a figure as PNG, with the width and height at which it is to be shown."""
    width, height = (round(inches * 96) for inches in figure.get_size_inches())
    return figure_png(figure), {"width": width, "height": height}


def axes_picture(ax) -> tuple[bytes, dict[str, int]] | None:
    """Return the picture of axes in a figure of their own; None where pyplot shows the figure itself."""
    figure = ax.get_figure(root=True)
    return None if getattr(figure.canvas, "manager", None) is not None else picture(figure)
