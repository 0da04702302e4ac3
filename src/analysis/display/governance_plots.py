"""Pictures of processes, opinions, burden, needs, funds and ranks: axes in, axes out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.display.figures import COLOURS, CYCLE, new_axes
from analysis.display.plots import mark_periods

HATCHED = {"facecolor": COLOURS["yellow"], "edgecolor": "white", "hatch": "//"}
MARKERS = ("o", "s", "^", "v", "P", "X")


def plot_waiting(here: pd.DataFrame, others: pd.DataFrame, *, labels: tuple[str, str], ax=None):
    """Draw the share still waiting by days, of one place and of all, each with its interval.

    Parameters
    ----------
    here, others : DataFrame
        days, waiting, conf_low, conf_high, in shares 0-1.
    labels : (str, str)
        Names of the place, and of all.
    """
    ax = new_axes(ax, height=2.9)
    drawn = ((others, "others", "--", labels[1], 1), (here, "here", "-", labels[0], 2))
    for table, colour, line, label, order in drawn:
        if len(table):
            low, high = table["conf_low"] * 100, table["conf_high"] * 100
            ax.fill_between(
                table["days"], low, high, step="post", color=COLOURS[colour], alpha=0.2, linewidth=0
            )
            ax.step(
                table["days"], table["waiting"] * 100, line, where="post", color=COLOURS[colour],
                label=label, zorder=order + 1,
            )  # fmt: skip
    ax.set_ylim(0, 102)
    ax.set_xlim(left=0)
    ax.yaxis.set_major_formatter("{x:.0f}%")
    return ax


def plot_stances(
    rows: Sequence[tuple[str, float, float, float, Sequence[tuple[int, float]]]],
    *,
    labels: Sequence[str],
    ax=None,
):
    """Draw the share who agree with each statement: all voters with their interval, and each opinion group.

    Parameters
    ----------
    rows : sequence of (label, share, low, high, [(group, share), ...])
        Shares 0-1, from the top down; a row with a NaN share stands for a heading.
    labels : sequence of str
        Name of all voters, then of each group.
    """
    ax = new_axes(ax, height=0.8 + 0.3 * len(rows))
    y = np.arange(len(rows))[::-1]
    known = [(at, row) for at, row in zip(y, rows, strict=True) if row[1] == row[1]]
    for at, (_, share, low, high, _) in known:
        ax.plot([0, 100], [at, at], color=COLOURS["grid"], linewidth=1, zorder=1)
        ax.plot([low * 100, high * 100], [at, at], color=COLOURS["ink"], linewidth=2.2, zorder=2)
        ax.plot(share * 100, at, "|", color=COLOURS["ink"], markersize=11, markeredgewidth=2.2, zorder=3)
    for number, name in enumerate(labels[1:], start=1):
        points = [(share * 100, at) for at, row in known for group, share in row[4] if group == number]
        style = {"marker": MARKERS[(number - 1) % len(MARKERS)], "color": CYCLE[(number - 1) % len(CYCLE)]}
        ax.plot(*zip(*points, strict=True) if points else ([], []), linestyle="", markersize=7,
                markeredgecolor="white", label=name, zorder=4, **style)  # fmt: skip
    ax.plot([], [], color=COLOURS["ink"], marker="|", markersize=11, markeredgewidth=2.2, label=labels[0])
    ax.set_yticks(y, [row[0] for row in rows])
    for tick, row in zip(ax.get_yticklabels(), rows, strict=True):
        tick.set_fontstyle("normal")
        tick.set_color(COLOURS["ink"] if row[1] == row[1] else COLOURS["blue"])
    ax.set_ylim(-0.7, len(rows) - 0.3)
    ax.set_xlim(-2, 102)
    ax.xaxis.set_major_formatter("{x:.0f}%")
    ax.grid(False, axis="y")
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    return ax


def plot_start(ax, periods: Sequence[str], first: str, last: str, label: str) -> None:
    """Mark when a reform started: one line, or a band from the first start to the last.

    Parameters
    ----------
    ax : Axes
        Its x axis counts `periods` from 0.
    first, last : str
        Period labels; a start outside `periods` is not drawn.
    """
    inside = [list(periods).index(name) for name in (first, last) if name in periods]
    if not inside:
        return
    if len(set(inside)) == 1:
        ax.axvline(inside[0] - 0.5, color=COLOURS["ink"], linewidth=1, linestyle=":", label=label)
    else:
        ax.axvspan(inside[0] - 0.5, inside[-1] - 0.5, color=COLOURS["yellow"], alpha=0.22, linewidth=0,
                   label=label, zorder=0)  # fmt: skip


def plot_parts(names: Sequence[str], first: Sequence[float], second: Sequence[float], *,
               labels: tuple[str, str], texts: Sequence[str] = (), ax=None):  # fmt: skip
    """Draw two parts of a whole per line, as horizontal bars one after the other.

    Parameters
    ----------
    names : sequence of str
        From the top down.
    first, second : sequence of float
        The two parts, in the same unit.
    labels : (str, str)
        Names of the parts.
    texts : sequence of str, optional
        Written behind each bar.
    """
    ax = new_axes(ax, height=0.9 + 0.32 * len(names))
    y = np.arange(len(names))[::-1]
    first, second = np.nan_to_num(np.asarray(first, float)), np.nan_to_num(np.asarray(second, float))
    _bars(ax, 0, y - 0.33, first, 0.66, facecolor=COLOURS["blue"], label=labels[0])
    _bars(ax, first, y - 0.33, second, 0.66, label=labels[1], linewidth=0.4, **HATCHED)
    for at, end, text in zip(y, first + second, texts, strict=False):
        ax.text(end, at, f" {text}", va="center", ha="left")
    ax.set_yticks(y, names)
    ax.set_xlim(0, max((first + second).max(initial=0), 1e-9) * (1.28 if len(texts) else 1.05))
    ax.set_ylim(-0.6, len(names) - 0.4)
    ax.grid(False, axis="y")
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.xaxis.set_major_formatter(_thousands)
    return ax


def plot_ledger(table: pd.DataFrame, *, labels: tuple[str, str, str], ax=None):
    """Draw money received and spent in each period, and what is left at its end.

    Parameters
    ----------
    table : DataFrame
        income, spent, balance, one row per period in order (the index).
    labels : (str, str, str)
        Names of the three.
    """
    ax = new_axes(ax, height=2.7)
    x = np.arange(len(table))
    _bars(ax, x - 0.4, 0, 0.8, table["income"].fillna(0), facecolor=COLOURS["green"], label=labels[0])
    _bars(ax, x - 0.4, 0, 0.8, -table["spent"].fillna(0), label=labels[1], linewidth=0.3, **HATCHED)
    ax.step(x, table["balance"], where="mid", color=COLOURS["ink"], label=labels[2])
    ax.axhline(0, color=COLOURS["ink"], linewidth=0.8)
    mark_periods(ax, list(table.index))
    ax.yaxis.set_major_formatter(_thousands)
    return ax


def _bars(ax, left, bottom, width, height, **look: object) -> None:
    """Draw bars as one shape, whose hatch is drawn once: for each bar it costs as much as a word."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    x, y, wide, high = np.broadcast_arrays(
        *(np.asarray(part, float) for part in (left, bottom, width, height))
    )
    corners = [(x, y), (x + wide, y), (x + wide, y + high), (x, y + high), (x, y)]
    points = np.stack([np.stack(corner, axis=-1) for corner in corners], axis=1).reshape(-1, 2)
    steps = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY] * len(x)
    bars = PathPatch(Path(points, steps), **{"linewidth": 0, **look})
    bars.sticky_edges.y.append(0)
    ax.add_patch(bars)
    ax.autoscale_view()


def plot_ranks(table: pd.DataFrame, here: int | None = None, *, rank_label: str, ax=None):
    """Draw every place's rank with its interval, the best on top, one place marked.

    Parameters
    ----------
    table : DataFrame
        name, rank, rank_low, rank_high, from the top down.
    here : int, optional
        The row of the place marked.
    rank_label : str
        Words under the axis.
    """
    ax = new_axes(ax, height=0.9 + 0.27 * len(table))
    for line, row in enumerate(table.itertuples(index=False)):
        y, mine = len(table) - 1 - line, line == here
        colour = COLOURS["here" if mine else "others"]
        ax.plot([row.rank_low, row.rank_high], [y, y], color=colour, linewidth=3.4 if mine else 2.4,
                solid_capstyle="round", zorder=2)  # fmt: skip
        ax.plot(row.rank, y, "D" if mine else "o", color=colour if mine else COLOURS["ink"],
                markersize=8 if mine else 5, zorder=3)  # fmt: skip
    ax.set_yticks(range(len(table)), list(table["name"])[::-1])
    if here is not None:
        ax.get_yticklabels()[len(table) - 1 - here].set_color(COLOURS["here"])
    low, high = table["rank_low"].min(), table["rank_high"].max()
    step = max(1, -(-int(high - low + 1) // 12))
    ax.set_xticks(range(int(low), int(high) + 1, step))
    ax.set_xlim(low - 0.5, high + 0.5)
    ax.set_ylim(-0.6, len(table) - 0.4)
    ax.set_xlabel(rank_label)
    ax.tick_params(axis="y", length=0)
    ax.grid(False, axis="y")
    ax.spines["left"].set_visible(False)
    return ax


def _thousands(value: float, _: object) -> str:
    return f"{value:,.0f}".replace("-", "−") if abs(value) >= 10 or value == round(value) else f"{value:.1f}"
