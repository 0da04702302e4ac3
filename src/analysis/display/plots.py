"""The pictures of a report: axes in, axes out, texts and numbers given by the caller."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.display.figures import COLOURS, CYCLE, new_axes, period_labels


def plot_among(rows: Sequence[tuple[str, pd.Series, str, str]], *, ends: tuple[str, str], ax=None):
    """Draw where one place lies among all, one line per measure.

    Parameters
    ----------
    rows : sequence of (label, values, place_id, value text)
        `values` has one value per place, in the measure's own unit; each line runs from its lowest to its
        highest value.
    ends : (str, str)
        Words under the left and the right end.
    """
    ax = new_axes(ax, height=0.6 + 0.35 * len(rows))
    lines = range(len(rows))[::-1]
    others, here = ([], []), ([], [])
    for y, (_, values, place, shown) in zip(lines, rows, strict=True):
        known = values.dropna()
        low, spread = known.min(), known.max() - known.min()
        at = (known - low) / spread if spread > 0 else known * 0 + 0.5
        apart = at.drop(place, errors="ignore")
        others[0].extend(apart)
        others[1].extend([y] * len(apart))
        if place in at:
            here[0].append(at[place])
            here[1].append(y)
        ax.text(1.06, y, shown, va="center", ha="left")
    ax.hlines(lines, 0, 1, color=COLOURS["grid"], linewidth=4, capstyle="round", zorder=1)
    ax.plot(*others, "o", color=COLOURS["others"], markersize=5, alpha=0.8, zorder=2)
    ax.plot(*here, "D", color=COLOURS["here"], markersize=8, zorder=3)
    ax.set_yticks(range(len(rows)), [label for label, *_ in reversed(rows)])
    ax.set_xticks([0, 1], ends)
    ax.set_xlim(-0.04, 1.3)
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.grid(False)
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_visible(False)
    return ax


def plot_course(
    here: pd.Series, others: pd.DataFrame, *, labels: tuple[str, str, str], percent=False, ax=None
):
    """Draw one place's course over time before the middle and the middle half of the others.

    Parameters
    ----------
    here : Series
        Value by period label, in order.
    others : DataFrame
        One column per other place, one row per period.
    labels : (str, str, str)
        Names of the place, of the median of the others, of their middle half.
    """
    ax = new_axes(ax, height=2.4)
    x, scale = np.arange(len(here)), 100 if percent else 1
    if others.shape[1]:
        low, middle, high = (others.quantile(q, axis=1) * scale for q in (0.25, 0.5, 0.75))
        ax.fill_between(x, low, high, color=COLOURS["others"], alpha=0.3, linewidth=0, label=labels[2])
        ax.plot(x, middle, color=COLOURS["others"], linestyle="--", label=labels[1])
    ax.plot(x, here.to_numpy() * scale, color=COLOURS["here"], label=labels[0])
    mark_periods(ax, list(here.index))
    ax.set_ylim(bottom=0 if np.nanmin(here.to_numpy(), initial=0) >= 0 else None)
    return ax


def mark_periods(ax, periods: list[str], most: int = 7) -> None:
    """Label the x axis with at most `most` of the periods, evenly apart."""
    step = max(1, -(-len(periods) // most))
    ax.set_xticks(range(0, len(periods), step), period_labels(periods[::step]))
    ax.set_xlim(-0.5, max(len(periods), 1) - 0.5)


def plot_funnel(names: Sequence[str], counts: Sequence[int], *, ax=None):
    """Draw how many matters took each step, as horizontal bars with number and share of the first."""
    ax = new_axes(ax, height=0.5 + 0.34 * len(names))
    y = np.arange(len(names))[::-1]
    ax.barh(y, counts, color=COLOURS["blue"], height=0.68)
    for position, count in zip(y, counts, strict=True):
        share = f"  ({count / counts[0]:.0%})" if counts[0] else ""
        ax.text(count, position, f" {count:,}{share}", va="center", ha="left")
    ax.set_yticks(y, names)
    ax.set_xlim(0, max(max(counts, default=1), 1) * 1.25)
    ax.xaxis.set_visible(False)
    ax.grid(False)
    ax.spines[["bottom", "left"]].set_visible(False)
    ax.tick_params(length=0)
    return ax


def plot_layers(table: pd.DataFrame, *, labels: Sequence[str], ax=None):
    """Draw a stack of amounts over time, one colour and hatch per column of `table` (index: periods)."""
    ax = new_axes(ax, height=2.9)
    x, bottom = np.arange(len(table)), np.zeros(len(table))
    hatches = ["", "//", "..", "xx", "\\\\", "oo"]
    for number, (column, label) in enumerate(zip(table.columns, labels, strict=True)):
        top = bottom + table[column].fillna(0).to_numpy()
        ax.fill_between(
            x, bottom, top, step="mid", label=label, facecolor=CYCLE[number % len(CYCLE)], alpha=0.85,
            edgecolor="white", linewidth=0.4, hatch=hatches[number % len(hatches)],
        )  # fmt: skip
        bottom = top
    mark_periods(ax, list(table.index))
    ax.set_ylim(bottom=0)
    return ax


def plot_event_time(table: pd.DataFrame, *, percent=False, ax=None):
    """Draw effects by time since adoption with their intervals; what is not identified is left out.

    Parameters
    ----------
    table : DataFrame
        event_time, estimate, conf_low, conf_high, identified.
    """
    ax = new_axes(ax, width=3.6, height=2.2)
    scale = 100 if percent else 1
    known = table[table["identified"]].dropna(subset=["event_time"]).sort_values("event_time")
    for rows, colour, marker in (
        (known[known["event_time"] < 0], COLOURS["others"], "s"),
        (known[known["event_time"] >= 0], COLOURS["blue"], "o"),
    ):
        ax.vlines(
            rows["event_time"],
            rows["conf_low"] * scale,
            rows["conf_high"] * scale,
            color=colour,
            linewidth=1.1,
        )
        ax.plot(rows["event_time"], rows["estimate"] * scale, marker, color=colour, markersize=3.2)
    ax.axhline(0, color=COLOURS["ink"], linewidth=0.8)
    ax.axvline(-0.5, color=COLOURS["ink"], linewidth=0.8, linestyle=":")
    ax.locator_params(nbins=4)
    return ax


def plot_network(nodes: pd.DataFrame, edges: pd.DataFrame, *, names: dict[str, str], ax=None):
    """Draw a network: people by role (shape) and group (colour), sized by their ties; nobody is named.

    Parameters
    ----------
    nodes : DataFrame
        x, y, role, shape, group, colour, ties.
    edges : DataFrame
        source, target (rows of `nodes`, from 0), weight.
    names : dict
        Role or group -> what it is called in the legend.
    """
    from matplotlib.collections import LineCollection
    from matplotlib.lines import Line2D

    ax = new_axes(ax, height=5.2)
    points = nodes[["x", "y"]].to_numpy(float)
    ends = edges[["source", "target"]].to_numpy(int)
    widths = 0.4 + 0.35 * np.sqrt(edges["weight"].to_numpy(float))
    ax.add_collection(
        LineCollection(points[ends], colors=COLOURS["others"], linewidths=widths, alpha=0.55, zorder=1)
    )
    for (shape, colour), rows in nodes.groupby(["shape", "colour"], sort=True):
        size = 14 + 9 * np.sqrt(rows["ties"])
        ax.scatter(
            rows["x"],
            rows["y"],
            s=size,
            marker=shape,
            color=colour,
            edgecolor="white",
            linewidth=0.5,
            zorder=2,
        )
    blank = {"color": "none", "markeredgecolor": "white", "markersize": 8}
    roles = nodes.dropna(subset=["role"]).drop_duplicates("role").sort_values("role")
    groups = nodes.dropna(subset=["group"]).drop_duplicates("group").sort_values("group")
    handles = [
        Line2D(
            [],
            [],
            marker=row.shape,
            markerfacecolor=COLOURS["ink"],
            label=names.get(row.role, row.role),
            **blank,
        )
        for row in roles.itertuples(index=False, name="Role")
    ]
    handles += [
        Line2D([], [], marker="o", markerfacecolor=row.colour, label=names.get(row.group, row.group), **blank)
        for row in groups.itertuples()
    ]
    ax.figure.legend(handles=handles, loc="outside lower center", ncols=4)
    ax.set_aspect("equal")
    ax.autoscale_view()
    ax.axis("off")
    return ax


def legend_below(ax, columns: int = 3) -> None:
    """Put the legend under the axes, where it covers nothing."""
    ax.figure.legend(
        *ax.get_legend_handles_labels(), loc="outside lower center", ncols=columns, handlelength=1.6
    )
