"""The figures of a replication package: small multiples of measures over time and of effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.display.figures import COLOURS, new_axes, style
from analysis.display.plots import mark_periods, plot_event_time
from analysis.display.text import Text

COLUMNS, LINE = 2, 1.75  # panels beside each other; inches of height of each


def draw_courses(panel: pd.DataFrame, measures: Sequence[str], language: str):
    """Draw the median and the middle half of the communities over time, a panel per measure."""
    text = Text(language)
    with style(language):
        axes = _panels(len(measures))
        for ax, name in zip(axes, measures, strict=False):
            label = text.measure(name)
            values = panel.pivot(index="period", columns="place_id", values=name)
            low, middle, high = (values.quantile(q, axis=1) * _scale(label) for q in (0.25, 0.5, 0.75))
            x = np.arange(len(values))
            ax.fill_between(x, low, high, color=COLOURS["others"], alpha=0.3, linewidth=0,
                            label=text("publication.middle_half"))  # fmt: skip
            ax.plot(x, middle, color=COLOURS["blue"], label=text("publication.median"))
            ax.set_title(
                f"{label.name}{text('publication.percent')}" if label.kind == "share" else label.name
            )
            mark_periods(ax, list(values.index), most=4)
        return _legend(axes)


def draw_effects(courses: Mapping[str, pd.DataFrame], period: str, language: str):
    """Draw effects by time since adoption with their intervals, a panel per outcome.

    Parameters
    ----------
    courses : mapping of outcome to DataFrame
        event_time, estimate, conf_low, conf_high, identified.
    """
    text = Text(language)
    with style(language):
        axes = _panels(len(courses))
        for ax, (name, table) in zip(axes, courses.items(), strict=False):
            label = text.measure(name)
            plot_event_time(table, percent=label.kind == "share", ax=ax)
            ax.set_title(_named(label, text))
        for ax in axes[max(len(courses) - COLUMNS, 0) : len(courses)]:
            ax.set_xlabel(text("effect.axis_since", period=text(f"period.{period}")))
        return axes[0].figure


def _panels(count: int) -> list:
    columns = min(COLUMNS, count)
    rows = -(-count // columns)
    axes = new_axes(width=7.4, height=LINE * rows + 0.5, rows=rows, columns=columns)
    axes = list(np.atleast_1d(axes).ravel())
    for ax in axes[count:]:
        ax.set_visible(False)
    return axes


def _scale(label) -> int:
    return 100 if label.kind == "share" else 1


def _named(label, text: Text) -> str:
    unit = text.names("effect_unit").get(label.kind) if label.kind == "share" else None
    return text("publication.with_unit", name=label.name, unit=unit) if unit else label.name


def _legend(axes: list):
    figure = axes[0].figure
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, handlelength=1.6)
    return figure
