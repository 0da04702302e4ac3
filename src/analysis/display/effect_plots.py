"""Pictures of estimates of effects: forests and courses over time, axes in, axes out, words by the caller."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.display.figures import COLOURS, new_axes
from analysis.display.plots import plot_event_time


def plot_forest(
    rows: Sequence[tuple[str, float, float, float]], *, label: str, percent=False, first="here", ax=None
):
    """Draw estimates under each other with their intervals; the first stands out.

    Parameters
    ----------
    rows : sequence of (name, estimate, low, high)
        NaN ends draw the point alone, a NaN estimate its name alone.
    label : str
        Under the horizontal axis.
    percent : bool
        Shares, drawn in percentage points.
    first : str
        Colour of the first row, a key of `COLOURS`.
    """
    ax = new_axes(ax, width=7.2, height=0.9 + 0.32 * len(rows))
    scale = 100 if percent else 1
    for line, (_, estimate, low, high) in enumerate(rows):
        y, colour = len(rows) - 1 - line, COLOURS[first if line == 0 else "blue"]
        ax.hlines(y, low * scale, high * scale, color=colour, linewidth=1.6)
        ax.plot(estimate * scale, y, "D" if line == 0 else "o", color=colour, markersize=6)
    ax.axvline(0, color=COLOURS["ink"], linewidth=0.8)
    ax.set_yticks(range(len(rows)), [name for name, *_ in reversed(rows)])
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.grid(visible=False, axis="y")
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(label)
    return ax


def plot_course_of_effect(table, *, labels: tuple[str, str], percent=False, ax=None):
    """Draw effects by time since adoption on wide axes.

    Parameters
    ----------
    table : DataFrame
        As `plot_event_time` takes it.
    labels : (str, str)
        Under the horizontal and beside the vertical axis.
    """
    ax = plot_event_time(table, percent=percent, ax=new_axes(ax, width=7.2, height=3.2))
    ax.set(xlabel=labels[0], ylabel=labels[1])
    return ax
