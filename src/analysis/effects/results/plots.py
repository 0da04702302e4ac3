"""One small picture of an estimate: points and intervals, over event time where there is one."""

from __future__ import annotations

import numpy as np

COLOUR, PRE_COLOUR, BAND_ALPHA = "#0072B2", "#7F7F7F", 0.15  # Okabe-Ito blue; told apart in grey print too


def draw_estimates(estimate, ax=None):
    """Draw an `EffectEstimate` on `ax` (a new one if None) and return it.

    Event times along the horizontal axis, other terms down the vertical one. Rows that are not identified
    are left out and counted below the axes; uniform bands are shaded.
    """
    table = estimate.table
    over_time = "event_time" in table and "overall" in set(table["term"])
    if over_time:
        table = table[table["event_time"].notna()]
    if ax is None:
        import matplotlib.pyplot as plt

        height = 3.6 if over_time else 0.9 + 0.36 * int(table["identified"].sum())
        _, ax = plt.subplots(figsize=(6.8, height))
    shown = table[table["identified"]]
    (_draw_event_times if over_time else _draw_terms)(shown, ax)
    ax.spines[["top", "right"]].set_visible(False)
    missing = int((table["status"] != "reference")[~table["identified"]].sum())
    if missing:
        ax.annotate(f"{missing} not identified, not drawn", (0, 0), xytext=(0, -32), fontsize="small",
                    xycoords="axes fraction", textcoords="offset points", va="top")  # fmt: skip
    return ax


def _draw_event_times(shown, ax) -> None:
    x, y = shown["event_time"].to_numpy(float), shown["estimate"].to_numpy(float)
    for pre, colour, marker in ((True, PRE_COLOUR, "s"), (False, COLOUR, "o")):
        part = shown["pre_period"].to_numpy(bool) == pre
        ax.errorbar(x[part], y[part], yerr=_reach(shown[part]), fmt=marker, color=colour, capsize=2)
    if "band_low" in shown:
        ax.fill_between(x, shown["band_low"].astype(float), shown["band_high"].astype(float), color=COLOUR,
                        alpha=BAND_ALPHA, linewidth=0)  # fmt: skip
    ax.axhline(0, color="black", linewidth=0.8)
    ax.axvline(-0.5, color="black", linewidth=0.8, linestyle=":")
    ax.set(xlabel="event_time", ylabel="estimate")


def _draw_terms(shown, ax) -> None:
    rows = np.arange(len(shown))[::-1]
    ax.errorbar(shown["estimate"], rows, xerr=_reach(shown), fmt="o", color=COLOUR, capsize=2)
    ax.set_yticks(rows, shown["term"])
    ax.set_ylim(-0.6, max(len(rows) - 0.4, 0.6))
    ax.axvline(0, color="black", linewidth=0.8)
    ax.set(xlabel="estimate")


def _reach(shown) -> np.ndarray:
    low, high = shown["estimate"] - shown["conf_low"], shown["conf_high"] - shown["estimate"]
    return np.nan_to_num(np.vstack([low, high]).astype(float))
