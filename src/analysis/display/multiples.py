"""Small multiples: one small picture per place, all on the same scales. Axes in, axes out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.display.figures import COLOURS, new_axes

COLUMNS = 4


def plot_multiples(values: pd.DataFrame, names: Sequence[str], *, labels: tuple[str, str], percent=False):
    """Draw the course of one measure in every place, before the median of all places.

    Parameters
    ----------
    values : DataFrame
        One row per period, in order (the index: labels for people), one column per place; in the measure's
        unit.
    names : sequence of str
        Of the places, in the order of the columns.
    labels : (str, str)
        Names of the place's line and of the median.
    percent : bool
        Shares, drawn in percent.

    Returns
    -------
    list of Axes
        One per place.
    """
    lines, scale = -(-len(names) // COLUMNS), 100 if percent else 1
    axes = np.atleast_1d(new_axes(width=8.8, height=0.5 + 1.35 * lines, rows=lines, columns=COLUMNS)).ravel()
    x, middle = np.arange(len(values)), values.median(axis=1) * scale
    known = values.to_numpy(float) * scale
    low, high = np.nanmin(known), np.nanmax(known)
    room = (high - low) * 0.06 or 1.0
    for ax, name, column in zip(axes, names, values.columns, strict=False):
        ax.plot(x, middle, color=COLOURS["others"], linewidth=1.1, linestyle="--", label=labels[1])
        ax.plot(x, values[column] * scale, color=COLOURS["here"], linewidth=1.4, label=labels[0])
        ax.set_title(name, fontsize=8)
        ax.set_ylim(low - room, high + room)
        ax.set_xticks([0, len(values) - 1], [values.index[0], values.index[-1]])
        ax.get_xticklabels()[0].set_ha("left")
        ax.get_xticklabels()[-1].set_ha("right")
        ax.tick_params(labelsize=6.5)
        if percent:
            ax.yaxis.set_major_formatter("{x:.0f}%")
    for ax in axes[len(names) :]:
        ax.set_visible(False)
    return list(axes[: len(names)])
