"""One picture of ranks: the declared rank and the interval of every place."""

from __future__ import annotations

COLOUR, RANGE_COLOUR = "#0072B2", "#9AA5AE"


def draw_ranks(result, ax=None):
    """Draw a `RankResult` on `ax` (a new one if None) and return it: best at the top, intervals as bars."""
    table = result.table[result.table["rank"].notna()]
    if ax is None:
        import matplotlib.pyplot as plt

        _, ax = plt.subplots(figsize=(6.8, 0.9 + 0.3 * len(table)), layout="constrained")
    rows = range(len(table))[::-1]
    low, high = (table[name].to_numpy(float) for name in ("rank_low", "rank_high"))
    ax.hlines(rows, low, high, color=RANGE_COLOUR, linewidth=5, alpha=0.6)
    ax.plot(
        table["rank_median"].to_numpy(float), rows, "|", color="black", markersize=9, label="median of draws"
    )
    ax.plot(table["rank"].to_numpy(float), rows, "o", color=COLOUR, label="as declared")
    ax.set_yticks(rows, table[result.index.place].astype(str))
    ax.set(xlabel=f"rank, bar: {result.level:.0%} of {result.draws:,} draws", ylim=(-0.6, len(table) - 0.4))
    ax.legend(frameon=False, fontsize="small")
    ax.spines[["top", "right"]].set_visible(False)
    return ax
